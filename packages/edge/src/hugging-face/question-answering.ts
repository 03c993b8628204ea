/** `question-answering`: the answer to a question, found in a passage; with `top_k` several. */
import * as z from "zod";
import { object, whole } from "../inputs.ts";
import { answer } from "../routes/answer.ts";
import { flag, offset, plugin, text } from "../routes/route.ts";
import { given, task } from "./task.ts";

const found = z.strictObject({ score: z.number(), start: offset, end: offset, answer: z.string() });
type Found = z.output<typeof found>;

/** @param positions The model's, which bound a window. */
export const questionAnswering = (positions: number) =>
  task({
    name: "question-answering",
    input: object({ question: text, context: text }),
    parameters: object({
      plugin,
      top_k: whole(1).default(1),
      doc_stride: whole(0).exactOptional(),
      max_answer_len: whole(1).exactOptional(),
      max_seq_len: whole(4, positions).exactOptional(),
      max_question_len: whole(1).exactOptional(),
      handle_impossible_answer: flag.default(false),
      align_to_words: flag.exactOptional(),
    }),
    answer: z.union([found, z.array(found)]),
    names: {
      question: "inputs.question",
      context: "inputs.context",
      plugin: "parameters.plugin",
      overlap: "parameters.doc_stride",
      maxLength: "parameters.max_seq_len",
    },
    async run(host, inputs, { plugin: head, top_k, handle_impossible_answer: noAnswer, ...asked }, run) {
      const options = given({
        plugin: head,
        overlap: asked.doc_stride,
        maxAnswer: asked.max_answer_len,
        maxLength: asked.max_seq_len,
        maxQuestion: asked.max_question_len,
        wholeWords: asked.align_to_words,
      });
      const results = await answer(positions).run(
        host,
        inputs,
        { ...options, noAnswer, offsetEncoding: "utf-32" },
        run,
      );
      return results.map(({ answer: best, answers }) => {
        const spans: Found[] = answers.map((span) => ({
          score: span.probability,
          start: span.start,
          end: span.end,
          answer: span.text,
        }));
        const none = {
          score: noAnswer ? 1 - spans.reduce((sum, { score }) => sum + score, 0) : 0,
          start: 0,
          end: 0,
          answer: "",
        };
        const ranked = best === "" ? [none, ...spans] : noAnswer ? withNone(spans, none) : spans;
        return top_k === 1 ? ranked[0] : ranked.slice(0, top_k);
      });
    },
  });

/** No answer has its place by its score, but that it is not the best: that is for the head's threshold to say. */
function withNone([best, ...others]: readonly Found[], none: Found): Found[] {
  return [best, ...[...others, none].sort((a, b) => b.score - a.score)];
}
