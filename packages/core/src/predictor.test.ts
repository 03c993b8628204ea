import { describe, expect, test } from "vitest";
import { heads } from "./heads/index.ts";
import { definePlugin } from "./tasks/code-plugin.ts";
import { pluginTasks } from "./tasks/plugin-tasks.ts";
import { InterpretedSession, randomWeights, tinyModel } from "./testing/index.ts";
import { buildModel } from "./heads/index.ts";
import { parsePlugin } from "./plugin.ts";
import { Predictor } from "./predictor.ts";

const bert = tinyModel();
const texts = ["a good film", "", "who is bad?", "paris"];
const code = (wanted: string) => expect.objectContaining({ code: wanted }) as Error;

test("every head has a task", () => {
  for (const head of heads) expect(pluginTasks.has(head), head.scope).toBe(true);
});

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function* stream<T>(items: readonly T[], read: (item: T) => void = () => {}) {
  for (const item of items) {
    read(item);
    yield item;
  }
}

async function* broken() {
  yield "a film";
  throw new Error("the disk is gone");
}

/** With five places, for numbers that two ways of computing give. */
const numbers = (value: unknown) =>
  JSON.stringify(value, (_, x: unknown) => (typeof x === "number" ? +x.toFixed(5) : x));

/** A source that never gives its second item, and tells whether it was closed. */
function stuck() {
  const state = { closed: false };
  const source: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => {
      let given = false;
      return {
        next: () =>
          given ? new Promise<never>(() => {}) : ((given = true), Promise.resolve({ value: "a film" })),
        async return() {
          state.closed = true;
          return { done: true as const, value: undefined };
        },
      };
    },
  };
  return { state, source };
}

describe("streams", () => {
  test("are answered in their order, as an array would be", async () => {
    const many = Array.from({ length: 700 }, (_, i) => texts[i % texts.length]);
    const results = await collect(bert.classify(stream(many)));
    expect(results.map((one) => one.label)).toEqual((await bert.classify(many)).map((one) => one.label));
  });

  test("are read no faster than they are answered, and closed when nobody wants more", async () => {
    let read = 0;
    let closed = false;
    async function* endless() {
      try {
        for (;;) {
          read++;
          yield "a film";
        }
      } finally {
        closed = true;
      }
    }
    for await (const { label } of bert.classify(endless())) {
      expect(label).toBeTypeOf("string");
      break;
    }
    expect(read).toBeLessThan(600);
    await expect.poll(() => closed).toBe(true);
  });

  test("nothing is read before the first answer is asked for", async () => {
    let read = 0;
    const answers = bert.classify(stream(texts, () => read++));
    await Promise.resolve();
    expect(read).toBe(0);
    await answers.next();
    expect(read).toBeGreaterThan(0);
  });

  test("end at once where the caller gives up, though the source is slow", async () => {
    const { state, source } = stuck();
    const controller = new AbortController();
    const answers = bert.classify(source, { signal: controller.signal });
    expect((await answers.next()).done).toBe(false);
    const waiting = answers.next();
    controller.abort();
    await expect(waiting).rejects.toThrow(code("aborted"));
    expect(state.closed).toBe(true);
    await expect(bert.classify(source, { signal: controller.signal }).next()).rejects.toThrow(
      code("aborted"),
    );
  });

  test("can be left while a result is waited for, though the source is slow", async () => {
    const { state, source } = stuck();
    const answers = bert.classify(source);
    await answers.next();
    const waiting = answers.next();
    await answers.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(state.closed).toBe(true);
  });

  test("end with what the source or an input is at fault for", async () => {
    await expect(collect(bert.classify(broken()))).rejects.toThrow("the disk is gone");
    await expect(collect(bert.fill(stream(["no mask"])))).rejects.toThrow(code("invalid-input"));
  });
});

test("a refusal rejects, it does not throw", async () => {
  const refused = bert.classify("a film", { plugin: "nobody" });
  await expect(refused).rejects.toThrow(code("not-found"));
});

test("progress is told after each batch, up to the end", async () => {
  const told: number[] = [];
  await bert.embed(
    texts.flatMap((text) => [text, "a ".repeat(50)]),
    { onProgress: ({ done, total }) => told.push(done / total) },
  );
  expect(told.length).toBeGreaterThan(1);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(1);
});

describe("plugins that are added", () => {
  const kinds = {
    sequence: { labels: ["a", "b", "c"] },
    "multi-label": { labels: ["a", "b"], features: "last-four" },
    regression: { labels: ["value"], features: "mean" },
    token: { labels: ["O", "B-X"], features: "hidden" },
    span: { labels: ["start", "end"], features: "hidden" },
    choice: { labels: ["choice"], features: "cls" },
    "next-sentence": { labels: ["next", "random"] },
    "masked-lm": { features: "hidden", tied: false },
  };
  const inputs = {
    choice: { context: "a film", choices: ["good", "bad"] },
    span: { question: "who?", context: "a good film of paris" },
    "masked-lm": "a [MASK] film",
    "next-sentence": { text: "a film", pair: "good" },
  };

  test.each(Object.entries(kinds))(
    "of kind %s say the same as in the model's own graph",
    async (kind, shape) => {
      const plugin = parsePlugin(JSON.stringify({ name: "added", kind, ...shape }));
      const { config, tokenizer } = bert;
      const graph = buildModel(config, { pooler: true, heads: [plugin] });
      const weights = randomWeights(graph, 7);
      const whole = new Predictor({
        tokenizer,
        config,
        plugins: [plugin],
        session: new InterpretedSession(graph, weights),
      });
      const bare = buildModel(config, { pooler: true, heads: [] });
      const later = new Predictor({
        tokenizer,
        config,
        plugins: [],
        session: new InterpretedSession(bare, weights),
      });
      const own = [...weights].filter(([name]) => name.startsWith("plugins.added."));
      const head = new Map(own.map(([name, value]) => [name.slice("plugins.added.".length), value]));
      const { run } = await later.plugin({ plugin, weights: head });
      const input: unknown = inputs[kind as keyof typeof inputs] ?? "a good film";
      expect(numbers(await run(input))).toBe(numbers(await whole.loaded("added").run(input)));
    },
  );

  test("that read what the model does not give, or share its weights, are refused", async () => {
    const { tokenizer, config } = bert;
    const graph = buildModel(config, { pooler: false, heads: [] });
    const poor = new Predictor({
      tokenizer,
      config,
      plugins: [],
      session: new InterpretedSession(graph, randomWeights(graph, 1)),
    });
    const plugin = parsePlugin('{"name":"added","kind":"sequence","labels":["a","b"]}');
    const weights = new Map([
      ["weight", { dims: [2, 16], data: new Float32Array(32) }],
      ["bias", { dims: [2], data: new Float32Array(2) }],
    ]);
    await expect(poor.plugin({ plugin, weights })).rejects.toThrow(
      "The plugin added reads pooler_output, which",
    );
    const tied = parsePlugin('{"name":"added","kind":"masked-lm","features":"hidden"}');
    await expect(tinyModel().plugin({ plugin: tied, weights: new Map() })).rejects.toThrow(
      "shares bert.embeddings.word_embeddings.weight with its encoder",
    );
  });

  test("as code that fail reject the call, and nothing else", async () => {
    const model = tinyModel();
    const failing = definePlugin({
      name: "failing",
      features: "mean",
      async run({ text }) {
        if (text === "") throw new Error("no text");
        return { text };
      },
    });
    const { run } = await model.plugin(failing);
    await expect(run(Array.from({ length: 400 }, (_, i) => (i === 7 ? "" : "a film")))).rejects.toThrow(
      "no text",
    );
    await expect(model.plugin({ ...failing, name: "NO" })).rejects.toThrow(code("invalid-plugin"));
    await expect(model.plugin({ ...failing, name: "other", features: "all" as "mean" })).rejects.toThrow(
      code("invalid-plugin"),
    );
    await expect(model.classify("a", { plugin: "failing" })).rejects.toThrow("is code");
  });

  test("give what their code gives, by type too", async () => {
    const { run } = await tinyModel().plugin(
      definePlugin({
        name: "count",
        features: "mean",
        run: ({ encoding }) => ({ tokens: encoding.ids.length }),
      }),
    );
    const one: number = (await run("a film")).tokens;
    const many: number[] = (await run(["a", "a film"])).map(({ tokens }) => tokens);
    for await (const { tokens } of run(stream(["a"]))) expect(tokens).toBe(3);
    expect([one, ...many]).toEqual([4, 3, 4]);
  });

  test("without the weights that their head needs are refused", async () => {
    const plugin = parsePlugin('{"name":"added","kind":"sequence","labels":["a","b"]}');
    await expect(tinyModel().plugin({ plugin, weights: new Map() })).rejects.toThrow(
      "The plugin added needs weight of [2,16] in its weights, but has none: make it again.",
    );
  });

  test("under a name that is taken are refused", async () => {
    const plugin = parsePlugin('{"name":"mood","kind":"sequence","labels":["a","b"]}');
    await expect(tinyModel().plugin({ plugin, weights: new Map() })).rejects.toThrow(code("invalid-plugin"));
  });

  test("under one name, added at one time, are not both taken", async () => {
    const { tokenizer, session, config, plugins } = tinyModel();
    const model = new Predictor({ tokenizer, session, config, plugins, checkEncoder: async () => {} });
    const plugin = parsePlugin('{"name":"added","kind":"sequence","labels":["a","b"]}');
    const weights = new Map([
      ["weight", { dims: [2, 16], data: new Float32Array(32) }],
      ["bias", { dims: [2], data: new Float32Array(2) }],
    ]);
    const added = await Promise.allSettled([1, 2].map(() => model.plugin({ plugin, weights })));
    expect(added.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(model.plugins.filter(({ name }) => name === "added")).toHaveLength(1);
  });

  test("as code get the features that they ask for, and give what they like", async () => {
    const model = tinyModel();
    const lengths = definePlugin({
      name: "lengths",
      features: "hidden",
      run: ({ text, features, width, encoding }) => ({
        text,
        tokens: encoding.ids.length,
        rows: features.length / width,
      }),
    });
    const { run } = await model.plugin(lengths);
    expect(await run(texts)).toEqual(
      texts.map((text, i) => ({ text, tokens: [5, 2, 6, 3][i], rows: [5, 2, 6, 3][i] })),
    );
    const { embedding } = await model.embed("a good film");
    await model.plugin(
      definePlugin({ name: "first", features: "mean", run: ({ features }) => ({ first: features[0] }) }),
    );
    expect(await model.loaded("first").run("a good film")).toEqual({ first: embedding[0] });
    expect(() => definePlugin({ name: "No", features: "mean", run: () => ({}) })).toThrow(
      code("invalid-plugin"),
    );
  });
});

describe("embeddings", () => {
  test("of every token are what the mean is the mean of", async () => {
    const { embedding: mean } = await bert.embed("a good film");
    const { embedding, tokens, offsets } = await bert.embed("a good film", { pooling: "none" });
    expect(tokens).toEqual(["[CLS]", "a", "good", "film", "[SEP]"]);
    expect([...offsets!]).toEqual([0, 0, 0, 1, 2, 6, 7, 11, 0, 0]);
    const first = Array.from({ length: 5 }, (_, t) => embedding[16 * t]).reduce((a, b) => a + b) / 5;
    expect(first).toBeCloseTo(mean[0], 5);
  });

  test("of layers are concatenated, or added up with weights", async () => {
    const [a, b] = await Promise.all([0, 2].map((layer) => bert.embed("a film", { layers: [layer] })));
    const both = await bert.embed("a film", { layers: [0, 2] });
    expect([...both.embedding]).toEqual([...a.embedding, ...b.embedding]);
    const sum = await bert.embed("a film", { layers: [0, 2], weights: [0.25, 0.75] });
    expect(sum.embedding[3]).toBeCloseTo(0.25 * a.embedding[3] + 0.75 * b.embedding[3], 5);
    await expect(bert.embed("a", { layers: [0, 2], weights: [1] })).rejects.toThrow(code("invalid-option"));
  });
});

test("the text itself is the most similar one", async () => {
  const ranked = await bert.similar("a good film", ["paris", "a good film", "who?"], { top: 2 });
  expect(ranked).toHaveLength(2);
  expect(ranked[0]).toMatchObject({ index: 1, text: "a good film" });
  expect(ranked[0].score).toBeCloseTo(1, 5);
});

test("choices are compared with one another", async () => {
  const { choice, scores } = await bert.choose({
    context: "a film",
    question: "is it?",
    choices: ["good", "bad", "a"],
  });
  expect(scores.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  expect(scores[choice]).toBe(Math.max(...scores));
  await expect(bert.choose({ context: "a film", choices: ["one"] })).rejects.toThrow(code("invalid-input"));
});

test("what comes next is a probability, and needs a pair", async () => {
  const { isNext } = await bert.next({ text: "a film", pair: "good" });
  expect(isNext).toBeGreaterThan(0);
  expect(isNext).toBeLessThan(1);
  await expect(bert.next({ text: "a film" } as never)).rejects.toThrow(code("invalid-input"));
});
