/** `/v1/choose`: which of several texts goes best with another. */
import * as z from "zod";
import { expected, object } from "../inputs.ts";
import { plugin, probability, route, text, truncated } from "./route.ts";

export const choose = route({
  name: "choose",
  summary: "Which of several texts goes best with another",
  kind: "choice",
  input: object({
    context: text,
    question: text.exactOptional(),
    choices: z
      .array(text, expected("a list of two texts or more"))
      .min(2, "should have two texts or more")
      .max(64, "should have at most 64 texts"),
  }),
  options: object({ plugin }),
  answer: z.strictObject({
    choice: z.int().min(0).describe("The place of the best choice."),
    scores: z.array(probability).describe("The probability of each."),
    truncated,
  }),
  example: { context: "It is raining.", choices: ["Take an umbrella.", "Eat an umbrella."] },
  run: async (host, inputs, options, run) =>
    [...(await (await host.predictor(options.plugin)).choose(inputs, { ...options, ...run }))].map(
      ({ scores, ...others }) => ({ ...others, scores: [...scores] }),
    ),
});
