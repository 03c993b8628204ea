/**
 * The portable checks on every task, over a tiny model in plain JS. Its weights are random and its answers mean
 * nothing; the numbers were computed once, on Node 24, and should be the same everywhere.
 */
import type { Aggregation } from "@cloze/core";
import { tinyModel } from "@cloze/core/testing";
import { equal } from "./assert.ts";
import type { Checks } from "./assert.ts";

const bert = tinyModel();
const others = tinyModel({
  heads: [
    { name: "topics", kind: "multi-label", labels: ["art", "food", "war"], features: "last-four" },
    { name: "stars", kind: "regression", labels: ["stars"], features: "mean" },
  ],
});
const film = "a good film";

const tags = async (aggregation: Aggregation) => {
  const { entities } = await bert.tag("who is unaffable in paris?", { aggregation });
  return entities.map(({ label, text, start, score }) => [label, text, start, score]);
};

const vector = ({ embedding }: { embedding: Float32Array }) => embedding.slice(0, 3);

export const tasks: Checks = {
  "classify gives a label and the scores of all": async () =>
    equal(await bert.classify(film), {
      label: "sad",
      score: 0.540294,
      scores: { sad: 0.540294, glad: 0.459706 },
    }),

  "classify takes pairs, and any number at once": async () => {
    const inputs = [film, "", { text: film, pair: "who is bad?" }];
    const results = await bert.classify(inputs);
    equal(
      results.map(({ score }) => score),
      [0.540294, 0.521665, 0.590335],
    );
  },

  "classify gives logits where they are asked for, and the best labels alone": async () =>
    equal(await bert.classify(film, { function: "none", top: 1 }), {
      label: "sad",
      score: 0.305639,
      scores: { sad: 0.305639 },
    }),

  "classify says that it cut a text": async () =>
    equal(await bert.classify("film ".repeat(100)), {
      label: "sad",
      score: 0.684703,
      scores: { sad: 0.684703, glad: 0.315297 },
      truncated: true,
    }),

  "labels that do not exclude each other have each its own score": async () =>
    equal(await others.classify(film, { plugin: "topics" }), {
      label: "food",
      score: 0.702779,
      scores: { food: 0.702779, war: 0.620316, art: 0.233034 },
    }),

  "regression gives a number": async () =>
    equal(await others.classify(film, { plugin: "stars" }), { value: -0.411559 }),

  "fill gives words for each mask": async () =>
    equal(await bert.fill("paris is the [MASK] of [MASK].", { top: 2 }), {
      masks: [
        {
          start: 13,
          end: 19,
          predictions: [
            { token: "##p", id: 46, score: 0.045027 },
            { token: "u", id: 25, score: 0.036514 },
          ],
        },
        {
          start: 23,
          end: 29,
          predictions: [
            { token: "c", id: 7, score: 0.05786 },
            { token: "the", id: 73, score: 0.042644 },
          ],
        },
      ],
    }),

  "fill fills all masks together with whole words": async () => {
    const { fillings } = await bert.fill("paris is the [MASK] of [MASK].", { top: 2, joint: true });
    equal(fillings, [
      { text: "paris is the u of c.", tokens: ["u", "c"], score: 0.002105 },
      { text: "paris is the the of c.", tokens: ["the", "c"], score: 0.001821 },
    ]);
  },

  "fill scores the words that it is given, and their pieces where they have several": async () => {
    const { masks } = await bert.fill("a [MASK] film", { targets: ["good", "bad"] });
    equal(masks[0].predictions, [
      { token: "bad", id: 78, score: 0.023153 },
      { token: "good", id: 77, score: 0.015515 },
    ]);
    const inPieces = await bert.fill("a [MASK] film", { targets: ["ab", "good"], pieces: true });
    equal(inPieces.masks[0].predictions, [
      { token: "good", id: 77, score: 0.015515 },
      { token: "ab", id: 5, ids: [5, 32], score: 0.000144 },
    ]);
  },

  "fill reads a text that is too long in windows": async () => {
    const { masks } = await bert.fill(`[MASK] ${"film ".repeat(100)}[MASK]`, { top: 1 });
    equal(
      masks.map(({ start, predictions: [{ token, score }] }) => [start, token, score]),
      [
        [0, "##s", 0.046732],
        [507, "u", 0.061075],
      ],
    );
  },

  "ask gives the n-best spans of a context": async () => {
    const question = { id: "q1", question: "who is good?", context: "paris is good. the film is bad." };
    equal(await bert.ask(question, { top: 2 }), {
      id: "q1",
      answer: ". the film is bad",
      start: 13,
      end: 30,
      score: 1.94143,
      nullScore: 0.161459,
      answers: [
        { text: ". the film is bad", start: 13, end: 30, score: 1.94143, probability: 0.139914 },
        { text: "film is bad", start: 19, end: 30, score: 1.899183, probability: 0.134126 },
      ],
    });
  },

  "ask reads a context that is too long in windows": async () => {
    const question = { question: "who?", context: "paris is good. ".repeat(30) };
    const { answers } = await bert.ask(question, { maxLength: 24, overlap: 4, top: 2 });
    equal(
      answers.map(({ text, start, score }) => [text, start, score]),
      [
        [". paris is", 28, 1.280731],
        [". paris is good.", 28, 1.105049],
      ],
    );
  },

  "ask says that there is no answer, or that there was nothing to read": async () => {
    const none = { answer: "", start: null, end: null, score: null };
    const unanswered = { question: "who?", context: "paris is good." };
    equal(await bert.ask(unanswered, { noAnswer: true, threshold: -100, top: 1 }), {
      ...none,
      nullScore: 0.087182,
      answers: [{ text: "is good.", start: 6, end: 14, score: 0.478864, probability: 0.193245 }],
    });
    equal(await bert.ask({ question: "who?", context: "" }), { ...none, answers: [] });
  },

  "ask keeps words whole on request": async () => {
    const question = { question: "who?", context: "paris is unaffable today" };
    const { answer, score } = await bert.ask(question, { wholeWords: true });
    equal([answer, score], ["is unaffable", 1.673056]);
  },

  "tag gives every token for itself": async () =>
    equal(await tags("none"), [
      ["B-PER", "who", 0, 0.527309],
      ["B-PER", "u", 7, 0.375051],
      ["I-PER", "n", 8, 0.430113],
      ["B-PER", "a", 9, 0.45926],
      ["B-PER", "f", 10, 0.649491],
      ["I-PER", "f", 11, 0.548017],
      ["I-PER", "b", 13, 0.413485],
      ["B-PER", "e", 15, 0.443258],
      ["B-PER", "n", 18, 0.354328],
    ]),

  "tag puts neighbours together": async () =>
    equal(await tags("simple"), [
      ["PER", "who", 0, 0.527309],
      ["PER", "un", 7, 0.402582],
      ["PER", "a", 9, 0.45926],
      ["PER", "ff", 10, 0.598754],
      ["PER", "b", 13, 0.413485],
      ["PER", "e", 15, 0.443258],
      ["PER", "n", 18, 0.354328],
    ]),

  "tag decides for a word by its first piece, by all or by the surest": async () => {
    const who = ["PER", "who", 0, 0.527309];
    equal(await tags("first"), [who, ["PER", "unaffable", 7, 0.375051]]);
    equal(await tags("average"), [who, ["PER", "unaffable", 7, 0.367608], ["PER", "in", 17, 0.370085]]);
    equal(await tags("max"), [who, ["PER", "unaffable", 7, 0.649491]]);
  },

  "choose gives the best choice and the probability of each": async () =>
    equal(
      await bert.choose({ context: "a film", question: "is it?", choices: ["good", "bad", "the film"] }),
      {
        choice: 2,
        scores: [0.334824, 0.318397, 0.346779],
      },
    ),

  "next gives the probability that a text follows another": async () => {
    const pairs = [
      { text: "a film", pair: "good" },
      { text: "paris", pair: "who?" },
    ];
    equal(await bert.next(pairs), [{ isNext: 0.812477 }, { isNext: 0.811083 }]);
  },

  "embed gives the mean of the last layer, [CLS]'s vector or the pooler's": async () => {
    equal(vector(await bert.embed(film)), [-1.922525, 0.043248, 0.289646]);
    equal(vector(await bert.embed(film, { pooling: "cls" })), [0.116586, -0.952033, 0.622429]);
    equal(vector(await bert.embed(film, { pooling: "pooler" })), [0.0179, -0.165431, -0.392589]);
    equal(vector(await bert.embed(film, { normalize: true })), [-0.689614, 0.015513, 0.103897]);
  },

  "embed reads any layers, one behind the other or added up": async () => {
    const both = await bert.embed(film, { layers: [0, -1] });
    equal([both.embedding.length, both.embedding[0], both.embedding[16]], [32, -0.863957, -1.922525]);
    const sum = await bert.embed(film, { layers: [0, 2], weights: [0.25, 0.75] });
    equal(vector(sum), [-1.657883, 0.090075, 0.08321]);
  },

  "embed gives a vector for every token": async () => {
    const { embedding, tokens, offsets } = await bert.embed("a é", { pooling: "none" });
    equal(tokens, ["[CLS]", "a", "e", "[SEP]"]);
    equal(offsets, [0, 0, 0, 1, 2, 3, 0, 0]);
    equal(embedding.subarray(16, 19), [-2.133575, 0.684686, 0.815233]);
  },

  "similar ranks texts, the nearest first": async () =>
    equal(await bert.similar(film, ["paris", "a bad film", "who is it?"], { top: 2 }), [
      { index: 1, text: "a bad film", score: 0.975029 },
      { index: 0, text: "paris", score: 0.951327 },
    ]),

  "every activation gives the same numbers": async () => {
    const third: number[] = [];
    for (const activation of ["gelu", "gelu-tanh", "relu"] as const)
      third.push((await tinyModel({ config: { activation } }).embed(film)).embedding[2]);
    equal(third, [0.289646, 0.289561, 0.474086]);
  },

  "another seed gives another model": async () =>
    equal(vector(await tinyModel({ seed: 2 }).embed(film)), [0.515685, 0.625865, -0.5476]),
};
