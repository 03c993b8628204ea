/** `/v1/answer`: the answer to a question, found in a passage. */
import * as z from "zod";
import { expected, object, whole } from "../inputs.ts";
import { offsetsIn } from "../offsets.ts";
import { flag, offset, offsetEncoding, plugin, probability, route, text, windowLimit } from "./route.ts";

const id = z.union([z.string(), z.number()], expected("a text or a number"));

/** @param positions The model's, which bound a window. */
export const answer = (positions: number) =>
  route({
    name: "answer",
    summary: "The answer to a question, found in a passage",
    kind: "span",
    input: object({
      id: id.exactOptional().describe("Comes back with the answer."),
      question: text,
      context: text.describe("The passage; a long one is read in windows."),
    }),
    options: object({
      plugin,
      top: whole(1).exactOptional().describe("How many candidates to report; 20 by default."),
      noAnswer: flag.exactOptional().describe("Whether the passage may not hold the answer."),
      threshold: z
        .number(expected("a number"))
        .exactOptional()
        .describe("No answer if nullScore leads by more than this."),
      maxLength: whole(4, positions).exactOptional(),
      maxQuestion: whole(1).exactOptional(),
      maxAnswer: whole(1).exactOptional(),
      wholeWords: flag.exactOptional(),
      overlap: whole(0).exactOptional(),
      offsetEncoding,
    }),
    answer: z.strictObject({
      id: id.optional(),
      answer: z.string().describe("Empty where there is none."),
      start: offset.nullable(),
      end: offset.nullable(),
      score: z.number().nullable().describe("Start logit + end logit."),
      nullScore: z.number().optional().describe("The score of no answer."),
      answers: z.array(
        z.strictObject({
          text: z.string(),
          start: offset,
          end: offset,
          score: z.number(),
          probability,
        }),
      ),
    }),
    example: { question: "Who wrote it?", context: "The play was written by Anton Chekhov in 1896." },
    async run(host, inputs, { offsetEncoding: units, ...options }, run) {
      const maxWindows = await windowLimit(host, "span", options, 384); // as `ask` cuts them
      const predictor = await host.predictor(options.plugin);
      const found = await predictor.ask(inputs, { ...options, maxWindows, ...run });
      return found.map((one, i) => {
        const at = offsetsIn(units, inputs[i].context);
        return {
          ...one,
          start: one.start === null ? null : at(one.start),
          end: one.end === null ? null : at(one.end),
          answers: one.answers.map((span) => ({ ...span, start: at(span.start), end: at(span.end) })),
        };
      });
    },
  });
