/**
 * The whole way with real weights: HTTP to workerd, workerd to an inference server, and back. Which server it is makes
 * no difference: the same suite runs over every one.
 */
import { load } from "@cloze/runtime/node";
import type { LabelScores, Predictor } from "@cloze/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { starter } from "../starter.ts";
import { startWorker } from "./worker.ts";
import type { Worker } from "./worker.ts";

interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** @param startServer Starts a server that has the starter as `cloze-starter`. */
export function itIsTheStarter(startServer: (bert: Predictor) => Promise<Server>): void {
  let bert: Predictor;
  let server: Server;
  let worker: Worker;
  beforeAll(async () => {
    bert = await load(starter);
    server = await startServer(bert);
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

  it("fills masks as it does in this process: each for itself, together, and with words that are asked for", async () => {
    const text = "The 🦉 sat on the [MASK] and ate the [MASK].";
    for (const options of [{}, { top: 2, joint: true }, { targets: ["house", "tree"] }]) {
      const { body } = await worker.post("/v1/fill", { text, ...options, offsetEncoding: "utf-32" });
      const here = await bert.fill(text, options);
      const { masks } = body;
      expect(masks.map(({ start, end }) => Array.from(text).slice(start, end).join(""))).toEqual([
        "[MASK]",
        "[MASK]",
      ]);
      const said = (filled: Pick<typeof here, "masks">) =>
        filled.masks.map(({ predictions }) => predictions.map(({ token }) => token));
      expect(said({ masks })).toEqual(said(here));
      expect(body.fillings?.map(({ text: whole }) => whole)).toEqual(
        here.fillings?.map((filling) => filling.text),
      );
    }
  });

  it("says what comes next, and embeds, as it does in this process", async () => {
    const pair = { text: "He opened the door.", pair: "The room was dark." };
    const { body } = await worker.post("/v1/next", pair);
    expect(body.isNext).toBeCloseTo((await bert.next(pair)).isNext, 4);
    const options = { pooling: "cls", layers: [-1, 2], normalize: true } as const;
    const there = (await worker.post("/v1/embed", { text: "a warm film", ...options })).body
      .embedding as number[];
    const here = await bert.embed("a warm film", options);
    expect(there).toHaveLength(2 * 384);
    for (const [i, x] of there.entries()) expect(x).toBeCloseTo(here.embedding[i], 4);
  });

  it("says that the starter cannot choose", async () => {
    const { status, body } = await worker.post("/v1/choose", { context: "a", choices: ["b", "c"] });
    expect(status).toBe(404);
    expect(body.detail).toContain("no head of kind choice");
  });
}
