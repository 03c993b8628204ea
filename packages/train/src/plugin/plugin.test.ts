import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildHead, interpret, parsePlugin, presets } from "@cloze/core";
import { tinyModel } from "@cloze/core/testing";
import { holdOut, kindOf, labelNames, targetsOf } from "./examples.ts";
import { featuresOf, foldStandards, standardize, standardOf } from "./features.ts";
import { fitHead } from "./fit.ts";
import { fitPlugin, scaleExamples } from "./fit-plugin.ts";
import { trainPlugin } from "./train-plugin.ts";

const config = { ...presets.tiny, hiddenSize: 2, heads: 1 };
const pluginOf = (kind: string, labels: readonly string[]) =>
  parsePlugin(JSON.stringify({ name: "p", kind, labels, features: "mean" }));

/** Texts' features as they are given here: two numbers each. */
const table = (rows: readonly (readonly [number, number])[]) => ({
  columns: new Map([["mean.2", Float32Array.from(rows.flat())]]),
  width: 2,
});

describe("holding out", () => {
  test("every example is in one part, and each label has its share in both", () => {
    const labels = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 10, maxLength: 60 });
    fc.assert(
      fc.property(labels, fc.integer(), (all, seed) => {
        const examples = all.map((label, i) => ({ text: String(i), label }));
        const { train, dev } = holdOut(examples, 0.2, seed);
        expect([...train, ...dev].map(({ text }) => Number(text)).sort((a, b) => a - b)).toEqual(
          all.map((_, i) => i),
        );
        for (const label of ["a", "b", "c"]) {
          const count = all.filter((one) => one === label).length;
          const held = dev.filter((one) => one.label === label).length;
          expect(Math.abs(held - count / 5)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

const namesOf = (...labels: string[]) =>
  labelNames(
    "sequence",
    labels.map((label) => ({ text: "", label })),
  );

const feedsOf = (kind: string, labels: string[], given: (string | number | string[])[]) =>
  targetsOf(
    pluginOf(kind, labels),
    given.map((label) => ({ text: "", label })),
  ).labels([1, 0], 1, 0.5);

describe("labels", () => {
  test("texts ask for classes, numbers for a value, lists for several labels", () => {
    const kinds = ["glad", 3.5, ["glad", "calm"]].map((label) => kindOf([{ text: "", label }]));
    expect(kinds).toEqual(["sequence", "regression", "multi-label"]);
  });

  test("stand in the order of their names, whole numbers in their own", () => {
    expect([namesOf("sad", "glad", "sad"), namesOf("10", "9")]).toEqual([
      ["glad", "sad"],
      ["9", "10"],
    ]);
  });

  test("become what each loss reads", () => {
    expect(feedsOf("sequence", ["a", "b"], ["a", "b"])["p.labels"].data).toEqual(Int32Array.of(1, 0));
    expect(feedsOf("regression", ["value"], [3, 4])["p.labels"].data).toEqual(Float32Array.of(4, 3));
    const many = feedsOf("multi-label", ["a", "b"], [["b"], ["a", "b"]]);
    expect([many["p.labels"].dims, [...many["p.labels"].data]]).toEqual([
      [2, 2],
      [1, 1, 0, 1],
    ]);
    expect(many["p.weights"].data).toEqual(Float32Array.of(0.5, 0.5));
  });
});

test("a value that is no number is refused, whatever kind was asked for", () => {
  expect(() => feedsOf("regression", ["value"], [3, "high"])).toThrow('line 1: "high" should be a number');
  expect(feedsOf("regression", ["value"], ["3.5", 4])["p.labels"].data).toEqual(Float32Array.of(4, 3.5));
});

test("examples to measure on that are none are refused", async () => {
  const examples = ["a", "b"].map((label) => ({ text: label, label }));
  await expect(trainPlugin(tinyModel(), examples, { name: "p", dev: [] })).rejects.toThrow(
    "There are no examples",
  );
});

/** One logit of one row, of two numbers. */
const say = (x: Float32Array, row: number, label: number, w: Float32Array, b: Float32Array) =>
  x[2 * row] * w[2 * label] + x[2 * row + 1] * w[2 * label + 1] + b[label];

describe("features", () => {
  test("a layer on standardised numbers, folded, says the same of the numbers as they are", () => {
    const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(numbers, numbers, (xs, ws) => {
        const raw = Float32Array.from(xs); // [3, 2]
        const standard = standardOf(raw, 2);
        const scaled = raw.slice();
        standardize(scaled, standard);
        const [weight, bias] = [Float32Array.from(ws.slice(0, 4)), Float32Array.from(ws.slice(4))]; // [2, 2], [2]
        const folded = foldStandards(weight, bias, [standard]);
        // A spread that is small against the numbers costs digits.
        const digits = Math.max(...standard.mean.map((m, i) => Math.abs(m) / standard.deviation[i]), 1);
        for (const row of [0, 1, 2])
          for (const label of [0, 1]) {
            const expected = say(scaled, row, label, weight, bias);
            const actual = say(raw, row, label, folded.weight, folded.bias);
            expect(Math.abs(actual - expected)).toBeLessThan(1e-3 * digits * (1 + Math.abs(expected)));
          }
      }),
    );
  });

  test("a place that never varies has the deviation 1, whatever its number and however many rows", () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, min: -1e6, max: 1e6 }),
        fc.integer({ min: 1, max: 50 }),
        (x, rows) => {
          const { mean, deviation } = standardOf(new Float32Array(rows).fill(x), 1);
          expect([mean[0] - x, deviation[0]]).toEqual([0, 1]);
        },
      ),
    );
  });

  test("of tokens are filled up with zeros", () => {
    const tokens = { columns: new Map([["last_hidden_state", Float32Array.of(1, 2, 3, 4, 5, 6)]]), width: 2 };
    const fed = featuresOf({ ...tokens, starts: Int32Array.of(0, 1, 3) }, [1, 0], 2).get("last_hidden_state");
    expect([fed?.dims, [...fed!.data]]).toEqual([
      [2, 2, 2],
      [3, 4, 5, 6, 1, 2, 0, 0],
    ]);
  });
});

describe("fitting", () => {
  const rows = Array.from({ length: 60 }, (_, i): [number, number] => [
    100 + Math.cos(i),
    0.01 * Math.sin(7 * i),
  ]);

  test("finds the line that values lie on, whatever their scale", async () => {
    const plugin = pluginOf("regression", ["value"]);
    const values = rows.map(([x, y]) => 1000 + 50 * (x - 100) + 2000 * y);
    const examples = () => {
      const targets = targetsOf(
        plugin,
        values.map((label) => ({ text: "", label })),
      );
      return { features: table(rows), ...targets };
    };
    const options = { rate: 0.05, weightDecays: [0], epochs: 200, patience: 50 };
    const { weights } = await fitPlugin(
      config,
      plugin,
      scaleExamples(plugin, examples(), examples()),
      options,
    );
    const feeds = [...weights].map(([name, operand]) => [`plugins.p.${name}`, operand] as const);
    const graph = buildHead(config, plugin);
    const said = interpret(graph, new Map([...featuresOf(table(rows), [0, 1, 2], 1), ...feeds])).get(
      "p",
    )!.data;
    for (const i of [0, 1, 2]) expect(Math.abs(said[i] - values[i])).toBeLessThan(2);
  });

  test("keeps the epoch with the lowest loss on what was held out, and ends when it is past", async () => {
    const plugin = pluginOf("sequence", ["a", "b"]);
    const part = (turn: number) => ({
      features: table(rows.map(([x, y]) => [x - 100, y * 100])),
      ...targetsOf(
        plugin,
        rows.map((_, i) => ({ text: "", label: (i % 3 === 0) === i % 5 < turn ? "a" : "b" })),
      ),
    });
    const losses: number[] = [];
    const fitted = await fitHead(config, plugin, part(2), part(4), {
      epochs: 50,
      batch: 8,
      rate: 0.05,
      weightDecay: 0,
      patience: 3,
      seed: 1,
      onEpoch: ({ devLoss }) => losses.push(devLoss),
    });
    expect(fitted.devLoss).toBe(Math.min(...losses));
    expect(losses.indexOf(fitted.devLoss)).toBe(fitted.epoch - 1);
    expect(losses.length).toBe(Math.min(50, fitted.epoch + 3));
  });
});
