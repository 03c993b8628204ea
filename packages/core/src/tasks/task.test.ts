import { describe, expect, test } from "vitest";
import { ClozeError } from "../errors.ts";
import { presets } from "../model/config.ts";
import { parsePlugin } from "../plugin.ts";
import type { Feeds, FloatTensor, Session } from "../session.ts";
import { tinyModel } from "../testing/index.ts";
import { Tokenizer, Vocabulary } from "../tokenizer/index.ts";
import { ask } from "./question-answering.ts";
import { classify } from "./text-classification.ts";
import { tag } from "./token-classification.ts";

const tokenizer = new Tokenizer(Vocabulary.of(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c"]));
const plugin = parsePlugin('{"name":"moods","kind":"sequence","labels":["sad","glad"]}');
const spans = parsePlugin('{"name":"answers","kind":"span","labels":["start","end"],"features":"hidden"}');

/** A session whose logits tell how many tokens a row had, and that notes what it was asked. */
function session(width = 2, fail?: (run: number) => void) {
  const runs: number[][] = [];
  const made: Session = {
    outputs: ["moods", "answers"],
    tokensPerRun: 16,
    paddedLength: (length) => Math.ceil(length / 4) * 4,
    async run(feeds: Feeds, [output]) {
      runs.push([...feeds.input_ids.dims]);
      fail?.(runs.length);
      const [batch, length] = feeds.input_ids.dims;
      const tokens = (row: number) =>
        [...feeds.attention_mask.data.subarray(row * length, (row + 1) * length)].reduce((a, b) => a + b, 0);
      const dims = output === "moods" ? [batch, width] : [batch, length, width];
      const size = dims.slice(1).reduce((a, b) => a * b);
      const data = Float32Array.from({ length: batch * size }, (_, i) =>
        i % width === 0 ? tokens(Math.floor(i / size)) : 0,
      );
      const tensor: FloatTensor = { type: "float32", dims, data };
      return { [output]: tensor };
    },
    async [Symbol.asyncDispose]() {},
  };
  return { runs, model: { tokenizer, session: made, config: presets.tiny } };
}

describe("batches", () => {
  const texts = ["a b c a b c a b", "a", "b c", "", "a b c a b c", "c"].map((text) => ({ text }));

  test("hold texts of like length, within what a run should hold, and results keep the inputs' order", async () => {
    const { model, runs } = session();
    const results = await classify(model, plugin, texts, { function: "none" });
    expect(results.map((result) => "scores" in result && result.scores.sad)).toEqual([10, 3, 4, 2, 8, 3]);
    expect(runs).toEqual([
      [4, 4],
      [1, 8],
      [1, 12],
    ]);
  });

  test("that fail end the task, and the ones after them are not run", async () => {
    const many = Array.from({ length: 100 }, () => texts[0]);
    const { model, runs } = session(2, (run) => {
      if (run === 2) throw new ClozeError("server-unavailable", "down");
    });
    await expect(classify(model, plugin, many)).rejects.toThrow("down");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(runs.length).toBeLessThan(many.length / 4);
  });

  test("stop where the caller gives up", async () => {
    const controller = new AbortController();
    const { model, runs } = session(2, (run) => run === 3 && controller.abort());
    const many = Array.from({ length: 100 }, () => texts[0]);
    await expect(classify(model, plugin, many, { signal: controller.signal })).rejects.toThrow(
      expect.objectContaining({ code: "aborted" }),
    );
    expect(runs.length).toBeLessThan(many.length / 4);
  });
});

describe("a server with another version of a head is found out", () => {
  test.each([1, 3])("%i logits for two labels", async (width) => {
    const refusal = expect.objectContaining({
      code: "server-error",
      message: expect.stringContaining("2 labels") as string,
    });
    await expect(classify(session(width).model, plugin, [{ text: "a" }])).rejects.toThrow(refusal);
    await expect(ask(session(width).model, spans, [{ question: "a", context: "b c" }])).rejects.toThrow(
      refusal,
    );
  });
});

test("a server whose token logits are too few is found out", async () => {
  const { model } = session();
  const run = model.session.run.bind(model.session);
  model.session.run = async (...asked) => {
    const { answers } = await run(...asked);
    return { answers: { type: "float32", dims: [1, 2, 2], data: answers.data.slice(0, 4) } };
  };
  await expect(ask(model, spans, [{ question: "a", context: "b c" }])).rejects.toThrow(
    expect.objectContaining({ code: "server-error" }),
  );
});

/** Says O of every token. */
function outside() {
  const { model, runs } = session();
  model.session.run = async ({ input_ids: { dims } }) => {
    runs.push([...dims]);
    const data = Float32Array.from({ length: dims[0] * dims[1] * 2 }, (_, i) => (i % 2 === 0 ? -5 : 5));
    return { names: { type: "float32", dims: [...dims, 2], data } };
  };
  return { model, runs };
}

describe("entities", () => {
  const names = parsePlugin('{"name":"names","kind":"token","labels":["B-PER","O"],"features":"hidden"}');
  const pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##a"];
  const letters = new Tokenizer(Vocabulary.of(pieces));

  test.each(["none", "simple", "first", "average", "max"] as const)(
    "a word longer than a window is read piece by piece, %s",
    async (aggregation) => {
      const { model } = outside();
      const of = { ...model, tokenizer: letters };
      const [{ entities }] = await tag(of, names, [{ text: "a".repeat(60) }], { maxLength: 12, aggregation });
      expect(entities).toEqual([]);
    },
  );

  test("as few windows as the words take are enough", async () => {
    const of = { ...outside().model, tokenizer: letters };
    const text = Array.from({ length: 9 }, () => "a".repeat(10)).join(" "); // each fills a window
    const [{ entities }] = await tag(of, names, [{ text }], { maxLength: 12, overlap: 9, maxWindows: 9 });
    expect(entities).toEqual([]);
  });

  test("no more windows are run than the caller allows, whatever the words", async () => {
    const { model, runs } = outside();
    const of = { ...model, tokenizer: letters };
    const text = Array.from({ length: 30 }, () => "a".repeat(6)).join(" ");
    const options = { maxLength: 13, overlap: 0, maxWindows: 16 };
    await expect(tag(of, names, [{ text }], options)).rejects.toThrow("More than 16 windows");
    expect(runs).toEqual([]);
  });
});

test("an overlap that leaves no step is told as that, also where windows are limited", async () => {
  const { model } = session();
  const options = { maxLength: 10, overlap: 6, maxWindows: 4 }; // 6 tokens of the context fit
  await expect(ask(model, spans, [{ question: "a", context: "a b c ".repeat(9) }], options)).rejects.toThrow(
    "An overlap of 6 leaves no step",
  );
});

test("an empty text takes no window of those that are allowed", async () => {
  const bert = tinyModel();
  await expect(bert.tag(["a film", ""], { maxWindows: 1 })).resolves.toHaveLength(2);
  const questions = ["a film", ""].map((context) => ({ question: "who?", context }));
  await expect(bert.ask(questions, { maxWindows: 1 })).resolves.toHaveLength(2);
});

const refused = (message: string) =>
  expect.objectContaining({ code: "invalid-input", message: expect.stringContaining(message) as string });

describe("input that is none is refused before anything runs", () => {
  test.each([
    ["no text", [{}], "text should be a text, but is undefined"],
    ["a number", [{ text: "a" }, { text: 5 }], "inputs[1].text should be a text, but is number"],
    ["a pair that is none", [{ text: "a", pair: null }], "pair should be a text, but is null"],
    ["nothing", [null], "The input should be { text, pair? }"],
  ])("%s", async (_, inputs, message) => {
    const { model, runs } = session();
    await expect(classify(model, plugin, inputs as never)).rejects.toThrow(message);
    expect(runs).toEqual([]);
  });

  const bert = tinyModel();
  const tasks = {
    classify: bert.classify,
    fill: bert.fill,
    tag: bert.tag,
    ask: bert.ask,
    choose: bert.choose,
    next: bert.next,
    embed: bert.embed,
  };
  type Task = (input: unknown) => Promise<unknown>;

  test.each(Object.entries(tasks) as unknown as [string, Task][])("by %s, by name", async (_, task) => {
    for (const input of [null, undefined, 5, [null]])
      await expect(task(input)).rejects.toThrow(refused("The input should be { "));
    const field = expect.stringMatching(/^inputs\[0\]\.\w+$/) as string;
    await expect(task([{}, {}])).rejects.toThrow(expect.objectContaining({ code: "invalid-input", field }));
    const good = { text: "a [MASK]", pair: "a", question: "a", context: "a", choices: ["a", "b"] };
    await expect(task([good, null])).rejects.toThrow(refused("inputs[1] should be { "));
  });

  test("NUL bytes, lone surrogates and a million characters are texts like any other", async () => {
    const { model } = session();
    const odd = ["\0", "a\0b", "\ud800", "\udfff a", "a".repeat(1_000_000), " ".repeat(1_000_000)];
    expect(
      await classify(
        model,
        plugin,
        odd.map((text) => ({ text })),
      ),
    ).toHaveLength(6);
  });
});
