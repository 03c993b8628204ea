/** The portable checks on what all tasks have in common: streams, giving up, plugins that come later, refusals. */
import { buildHead, ClozeError, definePlugin, parseConfig, parsePlugin, Predictor } from "@cloze/core";
import { fakeSession, randomWeights, tinyModel } from "@cloze/core/testing";
import { equal, refused } from "./assert.ts";
import type { Checks } from "./assert.ts";

const bert = tinyModel();
const film = "a good film";

async function* streamOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

export const predictor: Checks = {
  "a stream is answered in its order": async () => {
    const inputs = Array.from({ length: 300 }, (_, i) => "film ".repeat(i % 7));
    const scores: unknown[] = [];
    for await (const { score } of bert.classify(streamOf(inputs))) scores.push(score);
    const expected = await bert.classify(inputs);
    equal(
      scores,
      expected.map(({ score }) => score),
    );
  },

  "a stream is read no further than it is wanted, and closed": async () => {
    let read = 0;
    let closed = false;
    async function* endless() {
      try {
        for (;;) {
          read++;
          yield film;
        }
      } finally {
        closed = true;
      }
    }
    for await (const { label } of bert.classify(endless())) {
      equal(label, "sad");
      break;
    }
    for (let turn = 0; turn < 100; turn++) await Promise.resolve(); // the source ends in its own time
    equal([closed, read < 600], [true, true]);
  },

  "a caller who has given up is told so, before a run or between runs": async () => {
    const reason = new Error("no more");
    await refused("aborted", () => bert.embed(film, { signal: { aborted: true, reason } }));
    const signal = { aborted: false };
    const texts = Array.from({ length: 200 }, () => "film ".repeat(40));
    let done = 0;
    const attempt = () =>
      bert.embed(texts, {
        signal,
        onProgress(progress) {
          ({ done } = progress);
          signal.aborted = true;
        },
      });
    await refused("aborted", attempt);
    equal([done > 0, done < 200], [true, true]);
  },

  "progress is told up to the end": async () => {
    const told: number[] = [];
    await bert.embed(
      Array.from({ length: 20 }, () => "film ".repeat(40)),
      {
        onProgress: ({ done, total }) => told.push(done / total),
      },
    );
    equal([told.length > 1, told.at(-1)], [true, 1]);
  },

  "a head that comes later serves its task by its name": async () => {
    const model = tinyModel();
    const plugin = parsePlugin('{"name":"spam","kind":"sequence","labels":["no","yes"],"features":"mean"}');
    const all = randomWeights(buildHead(model.config, plugin), 7);
    const weights = new Map([...all].map(([name, data]) => [name.replace("plugins.spam.", ""), data]));
    const { run } = await model.plugin({ plugin, weights });
    equal(await model.classify(film, { plugin: "spam" }), {
      label: "no",
      score: 0.520575,
      scores: { no: 0.520575, yes: 0.479425 },
    });
    equal(await run([film, ""]), await model.classify([film, ""], { plugin: "spam" }));
    await refused("invalid-plugin", () => model.plugin({ plugin, weights }), "name");
  },

  "a plugin of code gets features and gives what it likes": async () => {
    const model = tinyModel();
    const shout = definePlugin({
      name: "shout",
      features: "mean",
      run: ({ text, features, width }) => ({ text: text.toUpperCase(), first: features[0], width }),
    });
    const { run } = await model.plugin(shout);
    equal(await run([film]), [{ text: "A GOOD FILM", first: -1.922525, width: 16 }]);
  },

  "a model may be anything that runs": async () => {
    const session = fakeSession({
      mood: ({ input_ids: { dims } }) => ({
        dims: [dims[0], 2],
        data: Array.from({ length: 2 * dims[0] }, (_, i) => i),
      }),
    });
    const { tokenizer, config, plugins } = bert;
    const model = new Predictor({ tokenizer, config, plugins, session });
    equal((await model.classify(film)).score, 0.731059);
  },

  "the config of a model is read": () => {
    const json = { hidden_size: 128, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 512 };
    const { config, head } = parseConfig(
      JSON.stringify({ ...json, vocab_size: 100, architectures: ["BertModel"] }),
    );
    equal([config.activation, config.maxPositions, head.architecture], ["gelu", 512, "BertModel"]);
  },

  "what cannot be answered is refused, with a code and the field at fault": async () => {
    await refused("invalid-input", () => bert.fill("no mask"), "text");
    await refused("invalid-input", () => bert.classify([film, 5 as never]));
    await refused("invalid-input", () => bert.choose({ context: "a", choices: ["one"] }));
    await refused("invalid-option", () => bert.fill("a [MASK]", { targets: ["unaffable"] }), "targets");
    await refused("invalid-option", () => bert.embed(film, { layers: [3] }), "layers");
    await refused("invalid-option", () => bert.tag(film, { aggregation: "last" as never }), "aggregation");
    await refused("invalid-option", () => bert.classify(film, { maxLength: 100 }), "maxLength");
    await refused("not-found", () => bert.classify(film, { plugin: "nobody" }), "plugin");
    await refused("not-found", () => tinyModel({ heads: [] }).ask({ question: "who?", context: film }));
    await refused("unsupported", () => bert.plugin("some/folder"));
    await refused("unsupported", () => parseConfig('{"model_type":"gpt2"}'));
    await refused("invalid-plugin", () => parsePlugin('{"name":"No"}'), "name");
  },

  "an error is an Error that keeps what was wrong underneath": async () => {
    const cause = new Error("underneath");
    const error = new ClozeError("internal", "A sentence.", { cause });
    equal([error instanceof Error, error.name, error.cause === cause], [true, "ClozeError", true]);
    equal(String(error), "ClozeError: A sentence.");
  },

  "a model that was closed answers no more": async () => {
    const model = tinyModel();
    await model[Symbol.asyncDispose]();
    await refused("disposed", () => model.classify(film));
  },
};
