/**
 * The session on this machine: what it promises beyond numbers.
 */
import { getEventListeners } from "node:events";
import { collate } from "@cloze/core";
import { graphOf, load, NodeSession, openFolder } from "@cloze/runtime/node";
import { toOnnx } from "@cloze/runtime/onnx";
import { describe, expect, test } from "vitest";
import { fixturePath } from "./reference/fixtures.ts";

const folder = fixturePath("checkpoints/erf");
const open = () => load(folder, { threads: 1 });

describe("a session", () => {
  test("runs every batch and length that comes: one session for all", async () => {
    await using bert = await open();
    for (const [batch, length] of [
      [1, 1],
      [3, 7],
      [16, 40],
      [1, 64],
    ]) {
      const dims = [batch, length];
      const feeds = {
        input_ids: { type: "int32", dims, data: new Int32Array(batch * length).fill(5) },
        token_type_ids: { type: "int32", dims, data: new Int32Array(batch * length) },
        attention_mask: { type: "float32", dims, data: new Float32Array(batch * length).fill(1) },
      } as const;
      const { last_hidden_state: hidden } = await bert.session.run(feeds, ["last_hidden_state"]);
      expect(hidden.dims).toEqual([batch, length, bert.config.hiddenSize]);
    }
  });

  test("takes the feeds' buffers and gives only the outputs that were asked for", async () => {
    await using bert = await open();
    const feeds = collate([bert.tokenizer.encode("the cat")], 8, bert.tokenizer.specials.pad);
    const results = await bert.session.run(feeds, ["head"]);
    expect(Object.keys(results)).toEqual(["head"]);
    expect(feeds.input_ids.data).toHaveLength(0); // transferred, not copied
  });

  test("answers many requests at once, each with its own result", async () => {
    await using bert = await open();
    const texts = ["the cat", "a film in Paris!", "who wrote it?", ""];
    const alone = [];
    for (const text of texts) alone.push(await bert.classify(text));
    const together = await Promise.all(Array.from({ length: 40 }, (_, i) => bert.classify(texts[i % 4])));
    for (const [i, result] of together.entries()) expect(result).toEqual(alone[i % 4]);
  });

  test("refuses feeds that were given away, and the requests after that get their own answers", async () => {
    await using bert = await open();
    const feeds = () => collate([bert.tokenizer.encode("the cat")], 8, bert.tokenizer.specials.pad);
    const used = feeds();
    const first = await bert.session.run(used, ["head"]);
    await expect(bert.session.run(used, ["head"])).rejects.toThrow(
      expect.objectContaining({ code: "invalid-input" }),
    );
    expect(await bert.session.run(feeds(), ["head"])).toEqual(first);
  });

  test("gives up waiting when its caller does, and goes on for the others", async () => {
    await using bert = await open();
    const controller = new AbortController();
    const long = bert.classify("the cat sat on the mat ".repeat(8), { signal: controller.signal });
    const other = bert.classify("the cat");
    controller.abort();
    await expect(long).rejects.toThrow(expect.objectContaining({ code: "aborted" }));
    expect(await other).toEqual(await bert.classify("the cat"));
  });

  test("never pads beyond the model's positions, be they no multiple of 8", async () => {
    await using bert = await load(fixturePath("checkpoints/wide-heads"), { threads: 1 });
    expect(bert.config.maxPositions % 8).not.toBe(0);
    expect(await bert.embed("the cat sat on the mat ".repeat(20))).toHaveProperty("truncated", true);
  });

  test("refuses an output that is not there, by name", async () => {
    await using bert = await open();
    await expect(bert.session.run({}, ["moods"])).rejects.toThrow("There is no output named moods");
  });

  test("survives a run that fails", async () => {
    await using bert = await open();
    await expect(bert.session.run({}, ["head"])).rejects.toThrow(
      expect.objectContaining({ code: "internal" }),
    );
    await expect(bert.classify("the cat")).resolves.toHaveProperty("label");
  });

  test("says which head cannot be opened, when it is first asked, and goes on for the others", async () => {
    const model = await openFolder(folder);
    const graph = graphOf(model);
    const broken = { model: Uint8Array.of(1, 2, 3), reads: ["pooler_output"], outputs: ["moods"] };
    await using session = await NodeSession.create(
      { model: toOnnx(graph, model.tensors), folder, threads: 1, heads: [broken] },
      { outputs: [...graph.outputs.keys(), "moods"], maxLength: 64 },
    );
    const feeds = () => collate([model.tokenizer.encode("the cat")], 8, model.tokenizer.specials.pad);
    await expect(session.run(feeds(), ["moods"])).rejects.toThrow(
      expect.objectContaining({
        code: "invalid-model",
        message: expect.stringMatching(
          /^ONNX Runtime cannot open the head moods, so its file may be damaged: /,
        ),
      }),
    );
    await expect(session.run(feeds(), ["pooler_output"])).resolves.toHaveProperty("pooler_output");
  });

  test("refuses places of masks that are outside the rows, words at no place, and to be asked for nothing", async () => {
    await using bert = await load(fixturePath("foreign/masked-lm/model.onnx"), { threads: 1 });
    const head = bert.plugins[0].name;
    const run = (outputs: string[], ...places: number[]) => {
      const feeds = collate([bert.tokenizer.encode("the cat")], 8, bert.tokenizer.specials.pad);
      const positions = { type: "int32", dims: [1, places.length], data: Int32Array.from(places) } as const;
      return bert.session.run({ ...feeds, masked_positions: positions }, outputs);
    };
    for (const name of [head, `${head}.ids`, `${head}.scores`, `${head}.total`])
      await expect(run([name])).rejects.toThrow(`${name} speaks of masked words`);
    for (const place of [-1, 8])
      await expect(run([`${head}.ids`], 1, place)).rejects.toThrow(
        expect.objectContaining({
          code: "invalid-input",
          message: `masked_positions should be 0 to 7, but has ${place}.`,
        }),
      );
    await expect(run([], 1)).rejects.toThrow("Ask for at least one output");
    await expect(run([`${head}.ids`], 1)).resolves.toHaveProperty([`${head}.ids`, "dims"], [1, 1, 32]);
  });

  test("listens to a signal no longer than a run takes", async () => {
    await using bert = await open();
    const { signal } = new AbortController();
    for (let i = 0; i < 20; i++) await bert.classify("the cat", { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("that was closed says so, to those who wait and to those who come", async () => {
    const bert = await open();
    const waiting = expect(bert.classify("the cat")).rejects.toThrow(
      expect.objectContaining({ code: "disposed" }),
    );
    await bert[Symbol.asyncDispose]();
    await waiting;
    await expect(bert.classify("the cat")).rejects.toThrow("load it again");
  });

  test("does not start what was aborted before", async () => {
    await using bert = await open();
    const signal = AbortSignal.abort();
    await expect(bert.classify("the cat", { signal })).rejects.toThrow(
      expect.objectContaining({ code: "aborted" }),
    );
  });
});

describe("tasks", () => {
  test("an array is answered in its own order, whatever the lengths", async () => {
    await using bert = await open();
    const texts = ["a", "the cat sat on the mat. ".repeat(4), "who?", "the film was good", "the cat sat"];
    const alone = await Promise.all(texts.map((text) => bert.classify(text)));
    const together = await bert.classify(texts);
    for (const [i, result] of together.entries()) {
      expect(result.label).toBe(alone[i].label);
      expect(result.score).toBeCloseTo(alone[i].score!, 5);
    }
  });

  test("a text that is too long is cut, and the answer says so", async () => {
    await using bert = await open();
    expect(await bert.classify("the cat ".repeat(200))).toHaveProperty("truncated", true);
    expect(await bert.classify("the cat")).not.toHaveProperty("truncated");
  });

  test("one label without problem_type is a regression only if the folder says so", async () => {
    await using bert = await load(fixturePath("checkpoints/regression"), { threads: 1 });
    expect(Object.keys(await bert.classify("the cat"))).toEqual(["value"]);
  });

  test("several labels at once have independent scores", async () => {
    await using bert = await load(fixturePath("checkpoints/multi-label"), { threads: 1 });
    const result = await bert.classify("the cat");
    if (!("scores" in result)) throw new TypeError("Several labels have scores.");
    expect(Object.values(result.scores).reduce((a, b) => a + b)).not.toBeCloseTo(1, 3);
  });

  test("an empty context has no answer, and nothing is run for it", async () => {
    await using bert = await load(fixturePath("checkpoints/f16"), { threads: 1 });
    expect(await bert.ask({ id: 7, question: "who?", context: "" })).toEqual({
      id: 7,
      answer: "",
      start: null,
      end: null,
      score: null,
      answers: [],
    });
  });

  test("answers are slices of the context, however it is cut into windows", async () => {
    await using bert = await load(fixturePath("checkpoints/f16"), { threads: 1 });
    const context = "The cat sat on the mat. 猫 in Paris 👍 wrote it ".repeat(9);
    for (const maxLength of [12, 20, 64]) {
      const { answer, start, end, answers } = await bert.ask(
        { question: "who wrote it?", context },
        { maxLength },
      );
      expect(context.slice(start!, end!)).toBe(answer);
      for (const one of answers) expect(context.slice(one.start, one.end)).toBe(one.text);
    }
  });

  test("a guard against great work refuses before anything runs", async () => {
    await using bert = await load(fixturePath("checkpoints/f16"), { threads: 1 });
    const context = "the cat sat on the mat ".repeat(100);
    const question = { question: "who?", context };
    await expect(bert.ask(question, { maxLength: 20, overlap: 10, maxWindows: 16 })).rejects.toThrow(
      "More than 16 windows are needed",
    );
    await expect(bert.ask(question, { maxWindows: 100 })).resolves.toHaveProperty("answer");
  });

  test("bad options are refused before anything runs", async () => {
    await using bert = await load(fixturePath("checkpoints/f16"), { threads: 1 });
    const ask = (options: object) => bert.ask({ question: "who?", context: "the cat" }, options);
    await expect(ask({ maxLength: 1000 })).rejects.toThrow("this model takes 4 to");
    await expect(ask({ overlap: 60, maxLength: 64 })).rejects.toThrow("leaves no step");
    await expect(ask({ top: 0 })).rejects.toThrow("top should be a positive whole number");
    await expect(bert.ask({ question: "who?" } as never)).rejects.toThrow(
      "context should be a text, but is undefined",
    );
  });

  test("a missing head is named with what to do", async () => {
    await using bert = await open();
    await expect(bert.ask({ question: "who?", context: "the cat" })).rejects.toThrow("no head of kind span");
    await expect(bert.classify("the cat", { plugin: "moods" })).rejects.toThrow(
      "There is no plugin named moods",
    );
  });

  test("features are means of real tokens, so padding changes nothing; a normalised one has length 1", async () => {
    await using bert = await open();
    const [{ embedding: short }] = await bert.embed(["the cat", "the cat sat on the mat. ".repeat(3)]);
    const { embedding: alone } = await bert.embed("the cat");
    for (const [i, x] of short.entries()) expect(x).toBeCloseTo(alone[i], 5);
    const { embedding } = await bert.embed("the cat", { normalize: true, layers: [-1, 0] });
    expect(embedding).toHaveLength(2 * bert.config.hiddenSize);
    expect(embedding.reduce((a, x) => a + x * x, 0)).toBeCloseTo(1, 5);
    const twice = await bert.embed("the cat", { layers: [-1, -1] });
    expect(twice.embedding.slice(0, bert.config.hiddenSize)).toEqual(
      twice.embedding.slice(bert.config.hiddenSize),
    );
    await expect(bert.embed("the cat", { layers: [9] })).rejects.toThrow("There is no layer 9");
  });
});
