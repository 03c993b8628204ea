/** `/v1/fill`: the words that stand behind the masks of a text. */
import { ClozeError } from "@cloze/core";
import * as z from "zod";
import { expected, object, whole } from "../inputs.ts";
import { offsetsIn } from "../offsets.ts";
import {
  expectMasks,
  flag,
  offset,
  offsetEncoding,
  plugin,
  probability,
  route,
  text,
  windowLimit,
} from "./route.ts";
import type { TaskHost } from "./route.ts";

/**
 * The most masks whose whole vocabulary's logits are asked for at once: 120 KB each. Rows that run together get room for
 * as many masks as any has, which with 32 masks is at most 272 (16 × 17): half of what the server answers at once.
 */
const VOCABULARY_MASKS = 32;

const filled = z.strictObject({
  masks: z.array(
    z.strictObject({
      start: offset,
      end: offset,
      predictions: z.array(
        z.strictObject({
          token: z.string(),
          id: z.int(),
          ids: z.array(z.int()).optional(),
          score: probability,
        }),
      ),
    }),
  ),
  fillings: z
    .array(z.strictObject({ text: z.string(), tokens: z.array(z.string()), score: probability }))
    .optional(),
});

/** How many masks stand in a text. */
export function countMasks({ tokenizer }: Pick<TaskHost, "tokenizer">, source: string): number {
  const { vocabulary, specials } = tokenizer;
  return specials.mask === undefined ? 0 : source.split(vocabulary.piece(specials.mask)).length - 1;
}

/** @param positions The model's, which bound a window. */
export const fill = (positions: number) =>
  route({
    name: "fill",
    summary: "The words that stand behind the [MASK]s of a text",
    kind: "masked-lm",
    input: object({ text: text.describe("With one [MASK] or more.") }),
    options: object({
      plugin,
      top: whole(1, 32).exactOptional(), // what the graph chooses: more would be asked of the whole vocabulary
      targets: z
        .array(text, expected("a list of words"))
        .min(1, "should have a word")
        .max(64, "should have at most 64 words")
        .exactOptional()
        .describe("Words to be scored in place of the vocabulary."),
      pieces: flag.exactOptional().describe("Whether a target may be of several pieces."),
      joint: flag.exactOptional().describe("Whether all masks are filled together too."),
      beams: whole(1, 32).exactOptional(),
      maxLength: whole(4, positions).exactOptional(),
      overlap: whole(0).exactOptional(),
      offsetEncoding,
    }),
    answer: filled,
    example: { text: "He closed the [MASK] behind him." },
    async run(host, inputs, { offsetEncoding: units, ...options }, run) {
      const masks = inputs.reduce((sum, input) => sum + countMasks(host, input.text), 0);
      if (masks * (options.top ?? 5) > host.windowTokens)
        throw new ClozeError(
          "invalid-input",
          `There are ${masks} masks, too many to be filled with so many words each: send fewer, or a smaller top.`,
          { field: inputs.length > 1 ? "inputs" : "text" },
        );
      if (options.targets || options.joint) expectMasks(masks, VOCABULARY_MASKS);
      const vocabulary = options.pieces || options.joint;
      const maxRows = vocabulary ? host.vocabularyRows : await windowLimit(host, "masked-lm", options);
      const predictor = await host.predictor(options.plugin);
      const results = await predictor.fill(inputs, { ...options, maxRows, ...run });
      return results.map((one, i) => {
        const at = offsetsIn(units, inputs[i].text);
        return {
          ...one,
          masks: one.masks.map((mask) => ({ ...mask, start: at(mask.start), end: at(mask.end) })),
        } as z.output<typeof filled>; // the core's lists are read-only
      });
    },
  });
