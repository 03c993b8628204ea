/** `token-classification`: the entities of a text, or its tokens. */
import type { Tokenizer } from "@cloze/core";
import * as z from "zod";
import { expected, object, whole } from "../inputs.ts";
import { offsetsIn } from "../offsets.ts";
import { offset, plugin, text } from "../routes/route.ts";
import { tag } from "../routes/tag.ts";
import { given, labels, task } from "./task.ts";

/** @param positions The model's, which bound a window. */
export const tokenClassification = (positions: number) =>
  task({
    name: "token-classification",
    input: text,
    parameters: object({
      plugin,
      aggregation_strategy: z
        .enum(
          ["none", "simple", "first", "average", "max"],
          expected('"none", "simple", "first", "average" or "max"'),
        )
        .default("simple"),
      ignore_labels: labels.default(["O"]),
      stride: whole(0).exactOptional(),
    }),
    answer: z.array(
      z.strictObject({
        entity: z.string().optional(),
        entity_group: z.string(),
        score: z.number(),
        index: z.int().optional(),
        word: z.string(),
        start: offset,
        end: offset,
      }),
    ),
    names: { text: "inputs", plugin: "parameters.plugin", overlap: "parameters.stride" },
    async run(host, inputs, { plugin: head, aggregation_strategy: aggregation, ignore_labels, stride }, run) {
      const ignored = new Set(ignore_labels);
      const outside = !ignored.has("O");
      const texts = inputs.map((one) => ({ text: one }));
      const options = given({ plugin: head, overlap: stride });
      const tagged = await tag(positions).run(
        host,
        texts,
        { ...options, aggregation, outside, offsetEncoding: "utf-16" },
        run,
      );
      return tagged.map(({ entities }, i) => {
        const at = offsetsIn("utf-32", inputs[i]);
        const wordOf = wordsOf(host.tokenizer, inputs[i]);
        return entities
          .map(({ label, start, end, score }) => {
            const { word, index } = wordOf(start, end, aggregation === "none");
            const place = { score, word, start: at(start), end: at(end) };
            // A token's label is its `entity`; the client in JavaScript wants an `entity_group` of it too.
            return aggregation === "none"
              ? { entity: label, entity_group: label, index, ...place }
              : { entity_group: label, ...place };
          })
          .filter(({ entity_group: group }) => !ignored.has(group));
      });
    },
  });

/**
 * Words as Hugging Face gives them: not as they stand in the text, but decoded from its pieces.
 *
 * @returns A function of places that go up, which also says the first token's number, [CLS] being 0.
 */
function wordsOf(tokenizer: Tokenizer, source: string) {
  const { ids, offsets } = tokenizer.tokenize(source);
  let t = 0;
  return (start: number, end: number, piece: boolean) => {
    while (t < ids.length && offsets[2 * t] < start) t++;
    const first = t;
    while (t < ids.length && offsets[2 * t + 1] <= end && offsets[2 * t] < end) t++;
    const own = ids.subarray(first, t);
    const word = own.includes(tokenizer.specials.unk)
      ? source.slice(start, end)
      : piece
        ? tokenizer.vocabulary.piece(own[0])
        : tokenizer.decode(own);
    return { word, index: first + 1 };
  };
}
