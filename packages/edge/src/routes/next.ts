/** `/v1/next`: whether the second of two texts follows the first. */
import * as z from "zod";
import { object } from "../inputs.ts";
import { plugin, probability, route, text, truncated } from "./route.ts";

export const next = route({
  name: "next",
  summary: "Whether the second of two texts follows the first",
  kind: "next-sentence",
  input: object({ text, pair: text }),
  options: object({ plugin }),
  answer: z.strictObject({ isNext: probability, truncated }),
  example: { text: "He went to the shop.", pair: "He bought a loaf of bread." },
  run: async (host, inputs, options, run) =>
    (await host.predictor(options.plugin)).next(inputs, { ...options, ...run }),
});
