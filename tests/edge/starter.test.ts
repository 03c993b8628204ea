/** The whole way with real weights: HTTP to workerd, workerd to the inference server, and back. */
import { load } from "@cloze/runtime/node";
import { startServer } from "@cloze/server";
import type { RunningServer } from "@cloze/server";
import type { LabelScores, Predictor } from "@cloze/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { starter } from "../starter.ts";
import { startWorker } from "./worker.ts";
import type { Worker } from "./worker.ts";

describe("the starter over HTTP", () => {
  let bert: Predictor;
  let server: RunningServer;
  let worker: Worker;
  beforeAll(async () => {
    bert = await load(starter);
    server = await startServer({ session: bert.session, config: bert.config, model: "cloze-starter" });
    worker = await startWorker(server.url);
  });
  afterAll(async () => {
    await worker?.[Symbol.asyncDispose]();
    await server?.close();
    await bert?.[Symbol.asyncDispose]();
  });

  it("classifies as it does in this process", async () => {
    const inputs = ["a warm , funny and touching film", "dull , clumsy and far too long", "", "a\0b"].map(
      (text) => ({ text }),
    );
    const { body } = await worker.post("/v1/classify", { inputs });
    const here = (await bert.classify(inputs)) as LabelScores[];
    for (const [i, { label, score }] of body.results.entries()) {
      expect(label).toBe(here[i].label);
      expect(score).toBeCloseTo(here[i].score, 4);
    }
    expect(body.results.map(({ label }) => label).slice(0, 2)).toEqual(["positive", "negative"]);
  });

  it("answers as it does in this process, in windows too", async () => {
    const question = "Who wrote it?";
    const context = "The play was written by Anton Chekhov in 1896.";
    for (const text of [context, `${"The weather was fine that day . ".repeat(100)}${context}`]) {
      const { body } = await worker.post("/v1/answer", { question, context: text, noAnswer: true });
      const here = await bert.ask({ question, context: text }, { noAnswer: true });
      expect(body).toMatchObject({ answer: here.answer, start: here.start, end: here.end });
      expect(body.nullScore).toBeCloseTo(here.nullScore!, 2);
    }
    expect((await worker.post("/v1/answer", { question, context })).body.answer).toBe("Anton Chekhov");
  });

  it("tags as it does in this process, in windows too", async () => {
    const sentence = "Anton Chekhov was born in Taganrog.";
    for (const text of [sentence, `${"The weather was fine that day . ".repeat(100)}${sentence}`]) {
      const { body } = await worker.post("/v1/tag", { text });
      const here = await bert.tag(text);
      const found = ({ entities }: { entities: readonly { label: string; start: number; end: number }[] }) =>
        entities.map(({ label, start, end }) => [label, text.slice(start, end)]);
      expect(found(body)).toEqual(found(here));
      expect(found(body)).toContainEqual(["PER", "Anton Chekhov"]);
    }
  });
});
