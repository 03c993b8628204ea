/** `/v1/choose`: which of several texts goes best with another. */
import { ClozeError } from "@cloze/core";
import * as z from "zod";
import { expected, object } from "../inputs.ts";
import { plugin, probability, route, text, truncated } from "./route.ts";
import type { TaskHost } from "./route.ts";

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
  async run(host, inputs, options, run) {
    expectRoom(host, inputs);
    const predictor = await host.predictor(options.plugin);
    const chosen = await predictor.choose(inputs, { ...options, ...run });
    return chosen.map(({ scores, ...others }) => ({ ...others, scores: [...scores] }));
  },
});

/** A context is read once a choice: a guard against a small request of great work. */
function expectRoom(
  { tokenizer, windowTokens }: TaskHost,
  inputs: readonly {
    readonly context: string;
    readonly question?: string;
    readonly choices: readonly string[];
  }[],
): void {
  const tokens = inputs.reduce(
    (sum, { context, question = "", choices }) =>
      sum + choices.length * (tokenizer.count(context) + tokenizer.count(question)),
    0,
  );
  if (tokens > windowTokens)
    throw new ClozeError(
      "invalid-input",
      `choices, each with its context, have ${tokens} tokens, and at most ${windowTokens} are taken: send fewer, or a shorter context.`,
      { field: "choices" },
    );
}
