/** `fill-mask`: the words that stand behind a mask; behind several, a list of each. */
import { ClozeError } from "@cloze/core";
import type { Tokenizer } from "@cloze/core";
import * as z from "zod";
import { object, whole } from "../inputs.ts";
import { countMasks, fill } from "../routes/fill.ts";
import { plugin, text } from "../routes/route.ts";
import { given, labels, task } from "./task.ts";

const filled = z.strictObject({
  score: z.number(),
  token: z.int(),
  token_str: z.string(),
  sequence: z.string(),
});

/** The most characters of all texts, each counted once a word that is put into it. */
const SEQUENCES = 2 ** 22;

/** @param positions The model's, which bound a window. */
export const fillMask = (positions: number) =>
  task({
    name: "fill-mask",
    input: text,
    parameters: object({
      plugin,
      top_k: whole(1, 32).default(5),
      targets: labels.min(1, "should have a word").max(64, "should have at most 64 words").exactOptional(),
    }),
    answer: z.union([z.array(filled), z.array(z.array(filled))]),
    names: {
      text: "inputs",
      plugin: "parameters.plugin",
      top: "parameters.top_k",
      targets: "parameters.targets",
    },
    async run(host, inputs, { plugin: head, top_k: top, targets }, run) {
      const characters = inputs.reduce((sum, one) => sum + top * countMasks(host, one) * one.length, 0);
      if (characters > SEQUENCES)
        throw new ClozeError(
          "invalid-input",
          "The answer would repeat too much text, all of it for each word: send less, fewer masks or a smaller top_k.",
          { field: "inputs" },
        );
      const texts = inputs.map((one) => ({ text: one }));
      const options = { top, ...given({ plugin: head, targets }), offsetEncoding: "utf-16" } as const;
      const results = await fill(positions).run(host, texts, options, run);
      return results.map(({ masks }, i) => {
        const sequenceOf = sequencesOf(host.tokenizer, inputs[i]);
        const all = masks.map(({ predictions }, nth) =>
          predictions.map(({ id, score }) => ({
            score,
            token: id,
            token_str: host.tokenizer.decode([id], { skipSpecials: false }),
            sequence: sequenceOf(nth, id),
          })),
        );
        return all.length === 1 ? all[0] : all;
      });
    },
  });

/** Texts as Hugging Face gives them: decoded from the pieces, with [CLS], [SEP] and the other masks if there are any. */
function sequencesOf(tokenizer: Tokenizer, source: string): (nth: number, id: number) => string {
  const { ids } = tokenizer.encode(source);
  const masks = Array.from(ids.keys()).filter((i) => ids[i] === tokenizer.specials.mask);
  return (nth, id) => {
    const pieces = ids.slice();
    pieces[masks[nth]] = id;
    return tokenizer.decode(pieces, { skipSpecials: masks.length === 1 });
  };
}
