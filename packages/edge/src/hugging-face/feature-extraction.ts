/**
 * `feature-extraction` and `sentence-similarity`, as Text Embeddings Inference answers them: one vector a text, of length
 * 1, and the cosine of two. What would be cut is refused unless one asks for it, for the answer has no room to say so.
 */
import { ClozeError } from "@cloze/core";
import type { RunOptions } from "@cloze/core";
import * as z from "zod";
import { expected, object } from "../inputs.ts";
import { embed } from "../routes/embed.ts";
import { flag, text } from "../routes/route.ts";
import type { TaskHost } from "../routes/route.ts";
import { task } from "./task.ts";

/** What the task needs to know of a model. */
interface Sizes {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly maxPositions: number;
}

const poolings = z.enum(["mean", "cls", "pooler"], expected('"mean", "cls" or "pooler"')).default("mean");
const cut = flag.default(false);
const right = z.literal("right", expected('"right": texts are cut at their end')).exactOptional();

export const featureExtraction = ({ layers, hiddenSize, maxPositions }: Sizes) =>
  task({
    name: "feature-extraction",
    input: text,
    parameters: object({
      normalize: flag.default(true),
      truncate: cut,
      truncation_direction: right,
      pooling: poolings,
      dimensions: z.literal(hiddenSize, expected(`${hiddenSize}, the model's own`)).exactOptional(),
      encoding_format: z.literal("float", expected('"float"')).exactOptional(),
    }),
    answer: z.array(z.number()),
    listed: true,
    atRoot: true,
    names: { text: "inputs" },
    async run(host, inputs, { normalize, truncate, pooling }, run) {
      if (!truncate)
        expectFit(host, inputs, maxPositions, (i) => (inputs.length > 1 ? `inputs[${i}]` : "inputs"));
      return vectors(host, inputs, layers, { normalize, pooling }, run);
    },
  });

/** @param most The most texts of a request. */
export const sentenceSimilarity = ({ layers, maxPositions }: Sizes, most: number) =>
  task({
    name: "sentence-similarity",
    input: object({
      source_sentence: text,
      sentences: z.array(text, expected("a list of texts")).min(1, "should have a text"),
    }),
    parameters: object({ truncate: cut, truncation_direction: right, pooling: poolings }),
    answer: z.array(z.number()),
    names: {},
    async run(host, inputs, { truncate, pooling }, run) {
      const texts = inputs.flatMap(({ source_sentence, sentences }) => [source_sentence, ...sentences]);
      if (texts.length > most)
        throw new ClozeError(
          "invalid-input",
          `inputs should have at most ${most} texts, not ${texts.length}.`,
          {
            field: "inputs",
          },
        );
      if (!truncate) expectFit(host, texts, maxPositions, () => "inputs");
      const all = await vectors(host, texts, layers, { normalize: true, pooling }, run);
      let at = 0;
      return inputs.map(({ sentences }) => {
        const [source, ...others] = all.slice(at, (at += 1 + sentences.length));
        return others.map((other) => other.reduce((sum, x, d) => sum + x * source[d], 0));
      });
    },
  });

async function vectors(
  host: TaskHost,
  texts: readonly string[],
  layers: number,
  options: { readonly normalize: boolean; readonly pooling: z.output<typeof poolings> },
  run: RunOptions,
): Promise<number[][]> {
  const inputs = texts.map((one) => ({ text: one }));
  return (await embed(layers).run(host, inputs, options, run)).map(({ embedding }) => embedding);
}

function expectFit(
  { tokenizer }: TaskHost,
  texts: readonly string[],
  most: number,
  fieldOf: (i: number) => string,
): void {
  for (const [i, one] of texts.entries()) {
    const count = tokenizer.count(one) + 2; // [CLS] and [SEP]
    if (count > most)
      throw new ClozeError(
        "invalid-input",
        `${fieldOf(i)} has a text of ${count} tokens, and the model reads ${most}: send less, or truncate: true.`,
        { field: fieldOf(i) },
      );
  }
}
