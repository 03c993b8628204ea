/** `/v1/embed`: a vector for a text or a pair of texts. */
import * as z from "zod";
import { expected, object } from "../inputs.ts";
import { flag, route, texts, truncated } from "./route.ts";

/** Layers are added up in float32, where numbers beyond all measure would be none. */
const MOST = 1_000_000;
const factor = expected(`a number from ${-MOST} to ${MOST}`);

/** @param depth The model's layers, beside which there are the embeddings. */
export const embed = (depth: number) =>
  route({
    name: "embed",
    summary: "A vector for a text or a pair of texts",
    input: texts,
    options: object({
      pooling: z
        .enum(["mean", "cls", "pooler"], expected('"mean", "cls" or "pooler"'))
        .exactOptional()
        .describe("mean by default."),
      layers: z
        .array(z.int(expected("a layer's number")), expected("a list of layers"))
        .min(1, "should have a layer")
        .max(depth + 1, `should have at most ${depth + 1} layers`)
        .exactOptional()
        .describe("The last, [-1], by default; several are joined, or added up with weights."),
      weights: z
        .array(z.number(factor).min(-MOST, factor).max(MOST, factor), expected("a list of numbers"))
        .max(depth + 1, `should have at most ${depth + 1} numbers`)
        .exactOptional(),
      normalize: flag.exactOptional().describe("Whether the vector is scaled to length 1."),
    }),
    answer: z.strictObject({ embedding: z.array(z.number()), truncated }),
    example: { text: "a warm , funny film" },
    async run(host, inputs, options, run) {
      const embedded = await (await host.predictor()).embed(inputs, { ...options, ...run });
      return embedded.map(({ embedding, truncated: cut }) => ({
        embedding: Array.from(embedding),
        ...(cut && { truncated: cut }),
      }));
    },
  });
