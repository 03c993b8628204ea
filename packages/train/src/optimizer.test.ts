import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GraphBuilder, interpret } from "@cloze/core";
import type { Operand } from "@cloze/core";
import { adamW, bertAdam, clipScale, decays, gradientNorm } from "./optimizer.ts";
import type { Optimizer } from "./optimizer.ts";

interface Packed {
  readonly data: string;
}

const { parameters, gradients, rates, ...expected } = JSON.parse(
  readFileSync(new URL("../../../tests/fixtures/optimizers.json", import.meta.url), "utf8"),
) as {
  readonly parameters: readonly { readonly name: string; readonly decay: boolean; readonly weight: Packed }[];
  readonly gradients: readonly (readonly Packed[])[];
  readonly rates: readonly number[];
  readonly adamW: { readonly weights: readonly Record<string, Packed>[]; readonly norms: readonly number[] };
  readonly bertAdam: { readonly weights: readonly Record<string, Packed>[] };
};

function unpack({ data }: Packed): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(data, "base64")).buffer);
}

/** The weights after every 25 updates, as the fixture has them, and the gradients' norms. */
function train(optimizer: Optimizer, scaleOf: (norm: number) => number) {
  const weights = new Map(parameters.map(({ name, weight }) => [name, unpack(weight)]));
  const slots = new Map(
    Array.from(weights, ([name, { length }]) => [name, optimizer.slots.map(() => new Float32Array(length))]),
  );
  const norms: number[] = [];
  const states: Map<string, Float32Array>[] = [];
  for (const [i, packed] of gradients.entries()) {
    const arrays = packed.map(unpack);
    norms.push(gradientNorm(arrays));
    const at = { rate: rates[i], step: i + 1, scale: scaleOf(norms[i]) };
    for (const [p, { name, decay }] of parameters.entries())
      optimizer.update(weights.get(name)!, arrays[p], slots.get(name)!, { ...at, decay });
    if ((i + 1) % 25 === 0)
      states.push(new Map(Array.from(weights, ([name, array]) => [name, array.slice()])));
  }
  return { states, norms };
}

/** The largest difference of any weight, relative to the largest weight of its parameter. */
function difference(
  states: readonly Map<string, Float32Array>[],
  wanted: readonly Record<string, Packed>[],
): number {
  let worst = states.length === wanted.length ? 0 : Infinity;
  for (const [i, state] of states.entries())
    for (const [name, actual] of state) {
      const weight = unpack(wanted[i][name]);
      const largest = Math.max(...weight.map(Math.abs));
      for (const [j, value] of weight.entries())
        worst = Math.max(worst, Math.abs(actual[j] - value) / largest);
    }
  return worst;
}

const clip = (norm: number): number => clipScale(norm, 1);

test("100 updates of adamW are torch.optim.AdamW's, clipped as clip_grad_norm_ clips", () => {
  const { states, norms } = train(adamW(), clip);
  expect(difference(states, expected.adamW.weights)).toBeLessThan(1e-6);
  for (const [i, norm] of norms.entries()) expect(norm / expected.adamW.norms[i]).toBeCloseTo(1, 6);
  expect(norms.some((norm) => norm > 1) && norms.some((norm) => norm < 1)).toBe(true);
});

test("100 updates of bertAdam are those of the original's optimizer, clipped as clip_by_global_norm clips", () => {
  const { states } = train(bertAdam(), (norm) => Math.min(1, 1 / norm));
  expect(difference(states, expected.bertAdam.weights)).toBeLessThan(1e-6);
});

test("the comparison would see a wrong constant, the other optimizer and a clip left out", () => {
  for (const { states } of [
    train(adamW({ weightDecay: 0 }), clip),
    train(adamW({ beta2: 0.9991 }), clip),
    train(adamW({ epsilon: 2e-8 }), clip),
    train(bertAdam(), clip),
    train(adamW(), () => 1),
  ])
    expect(difference(states, expected.adamW.weights)).toBeGreaterThan(1e-5);
});

test.each([adamW(), bertAdam()])("$name as a graph's operators is the update", (optimizer) => {
  const g = new GraphBuilder();
  const shape = [3];
  const scalar = (name: string) => g.input(name, [], "float32");
  for (const decay of [true, false]) {
    const slots = ["m", "v"].map((name) => g.input(name, shape, "float32"));
    const after = optimizer.express(
      g,
      g.input("w", shape, "float32"),
      g.input("d", shape, "float32"),
      slots,
      {
        rate: scalar("rate"),
        pace: scalar("pace"),
        floor: scalar("floor"),
        decay,
        scale: scalar("scale"),
      },
    );
    for (const [i, value] of [after.weight, ...after.slots].entries()) g.output(`${decay} ${i}`, value);
  }
  const graph = g.build();
  const vector = fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(vector, vector, vector, vector, fc.integer({ min: 1, max: 100 }), (w, d, m, root, step) => {
      const v = root.map((x) => x * x + 1e-4);
      const values = {
        rate: 0.01,
        scale: 0.5,
        ...optimizer.constants(step),
      };
      const feeds = new Map<string, Operand>([
        ...Object.entries(values).map(([name, x]) => [name, { dims: [], data: Float64Array.of(x) }] as const),
        ...Object.entries({ w, d, m, v }).map(([name, data]) => [name, { dims: shape, data }] as const),
      ]);
      const outputs = interpret(graph, feeds);
      for (const decay of [true, false]) {
        const arrays = [w.slice(), m.slice(), v.slice()];
        optimizer.update(arrays[0], d, arrays.slice(1), { rate: 0.01, step, decay, scale: 0.5 });
        for (const [i, array] of arrays.entries())
          for (const [j, value] of array.entries())
            expect(outputs.get(`${decay} ${i}`)!.data[j]).toBeCloseTo(value, 6);
      }
    }),
  );
});

test("a parameter with a rate of 0 stays as it is, and its means go on", () => {
  const [weight, m, v] = [[1], [0], [0]].map((one) => Float32Array.from(one));
  adamW().update(weight, new Float32Array([2]), [m, v], { rate: 0, step: 1, decay: true, scale: 1 });
  expect(weight[0]).toBe(1);
  expect([m[0], v[0]]).toEqual([Math.fround(0.2), Math.fround(0.004)]);
});

test("a gradient of 0 from the start is no division by 0", () => {
  const arrays = [[1], [0], [0]].map((one) => Float32Array.from(one));
  for (const optimizer of [adamW(), bertAdam()])
    optimizer.update(arrays[0], new Float32Array(1), arrays.slice(1), {
      rate: 1,
      step: 1,
      decay: false,
      scale: 1,
    });
  expect(arrays[0][0]).toBe(1);
});

test.each([
  ["bert.embeddings.word_embeddings.weight", true],
  ["bert.encoder.layer.0.attention.self.query.weight", true],
  ["bert.encoder.layer.0.attention.self.query.bias", false],
  ["bert.encoder.layer.0.output.LayerNorm.weight", false],
  ["bert.embeddings.LayerNorm.bias", false],
  ["cls.predictions.bias", false],
  ["weight", true],
  ["bias", false],
])("whether %s decays: %s", (name, expectation) => {
  expect(decays(name)).toBe(expectation);
});

test("the norm is that of all gradients together, whatever their lengths", () => {
  const array = fc.float32Array({ min: -100, max: 100, noNaN: true, maxLength: 11 });
  fc.assert(
    fc.property(fc.array(array), (arrays) => {
      expect(gradientNorm(arrays)).toBeCloseTo(Math.hypot(...arrays.flatMap((one) => [...one])), 9);
    }),
  );
  expect(gradientNorm([new Float32Array([1]), new Float32Array([0, 0, 0, 0, NaN])])).toBeNaN();
});

test("gradients are scaled down to a norm, never up", () => {
  expect(clipScale(4, 1)).toBe(1 / (4 + 1e-6));
  expect(clipScale(0.5, 1)).toBe(1);
  expect(clipScale(0, 1)).toBe(1);
  expect(clipScale(1e9, Infinity)).toBe(1);
  expect(clipScale(NaN, 1)).toBeNaN();
});

test.each([
  [{ beta1: 1 }, "beta1 should be at least 0 and below 1, not 1."],
  [{ beta2: -0.1 }, "beta2 should be"],
  [{ epsilon: NaN }, "epsilon should be"],
  [{ weightDecay: -1 }, "weightDecay should be"],
])("a constant out of its range is refused: %j", (options, message) => {
  expect(() => adamW(options)).toThrow(message);
});
