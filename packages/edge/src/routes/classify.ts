/** `/v1/classify`: a label, or a number, for a text or a pair of texts. */
import * as z from "zod";
import { expected, object, whole } from "../inputs.ts";
import { plugin, probability, route, texts, truncated } from "./route.ts";

export const classify = route({
  name: "classify",
  summary: "A label, or a number, for a text or a pair of texts",
  kind: "sequence",
  input: texts,
  options: object({
    plugin,
    top: whole(1).exactOptional().describe("How many labels to report, best first."),
    function: z
      .enum(["none", "sigmoid", "softmax"], expected('"none", "sigmoid" or "softmax"'))
      .exactOptional()
      .describe("From logits to scores; by default what the head was trained with."),
  }),
  answer: z.union([
    z.strictObject({
      label: z.string(),
      score: probability,
      scores: z.record(z.string(), z.number()).describe("The score of each label."),
      truncated,
    }),
    z.strictObject({ value: z.number().describe("Of a head for regression."), truncated }),
  ]),
  example: { text: "a warm , funny film" },
  run: async (host, inputs, options, run) =>
    (await host.predictor(options.plugin)).classify(inputs, { ...options, ...run }),
});
