/**
 * Optimizers: how a gradient changes a weight. Both are Adam with decoupled weight decay, and differ in constants.
 * An optimizer is a value: what it remembers (its slots) is kept by whoever calls it. Which rate, and when, is left
 * to `schedule.ts`.
 */
import { ClozeError } from "@cloze/core";
import type { GraphBuilder, Value } from "@cloze/core";

/** How parameters are updated. */
export interface Optimizer {
  readonly name: "adamW" | "bertAdam";
  /** What it remembers of each parameter, zeros at first: as many arrays of the parameter's size. */
  readonly slots: readonly string[];
  /** What an update depends on that is the same for all parameters. */
  constants(step: number): StepConstants;
  /** Updates one parameter and its slots in place. */
  update(weight: Float32Array, gradient: Float32Array, slots: readonly Float32Array[], at: UpdateAt): void;
  /** The same update as operators of a graph, for steps that stay on a GPU. */
  express(
    g: GraphBuilder,
    weight: Value,
    gradient: Value,
    slots: readonly Value[],
    at: GraphUpdateAt,
  ): { readonly weight: Value; readonly slots: readonly Value[] };
}

/** The factor on the rate, and what is added below the fraction, in the update that is the `step`-th, from 1. */
export interface StepConstants {
  readonly pace: number;
  readonly floor: number;
}

/** What an update of one parameter depends on beside its gradient. */
export interface UpdateAt {
  /** The learning rate of this parameter in this update. */
  readonly rate: number;
  /** Which update this is, from 1. */
  readonly step: number;
  /** Whether the weight decays: see `decays`. */
  readonly decay: boolean;
  /** What the gradient is multiplied by: see `clipScale`. */
  readonly scale: number;
}

/** The same in a graph, in scalars of shape []. */
export interface GraphUpdateAt {
  readonly rate: Value;
  readonly pace: Value;
  readonly floor: Value;
  readonly decay: boolean;
  readonly scale: Value;
}

/** Adam's constants. */
export interface AdamOptions {
  /** How much of the mean gradient is kept at each update: 0.9 by default. */
  readonly beta1?: number | undefined;
  /** How much of the mean squared gradient is kept: 0.999 by default. */
  readonly beta2?: number | undefined;
  /** Keeps the division from one by zero: 1e-8 by default, in `bertAdam` 1e-6. */
  readonly epsilon?: number | undefined;
  /** The share of a weight that goes at each update, times the rate: 0.01 by default. */
  readonly weightDecay?: number | undefined;
}

/**
 * Adam with decoupled weight decay (Kingma & Ba, 2015; Loshchilov & Hutter, 2019), as `torch.optim.AdamW`. Its means
 * begin at zero, and are divided by what that makes them too small by.
 *
 * @throws ClozeError `invalid-option` for a constant out of its range.
 *
 * @example
 * const [weight, m, v] = [new Float32Array([1]), new Float32Array(1), new Float32Array(1)];
 * adamW().update(weight, new Float32Array([3]), [m, v], { rate: 0.1, step: 1, decay: false, scale: 1 });
 * weight[0]; // 0.9: the first update is the rate, however large the gradient
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adam("adamW", { ...options, epsilon: options.epsilon ?? 1e-8 });
}

/**
 * The Adam that BERT was trained with: `AdamWeightDecayOptimizer` of google-research/bert's optimization.py. Its means
 * are used as they are, so that the first updates are larger (3.2 times the rate the first, for 0.1/√0.001), which the
 * warm-up makes up for.
 *
 * @throws ClozeError `invalid-option` for a constant out of its range.
 *
 * @example
 * const [weight, m, v] = [new Float32Array([1]), new Float32Array(1), new Float32Array(1)];
 * bertAdam().update(weight, new Float32Array([3]), [m, v], { rate: 0.1, step: 1, decay: false, scale: 1 });
 * weight[0]; // 0.684
 */
export function bertAdam(options: AdamOptions = {}): Optimizer {
  return adam("bertAdam", { ...options, epsilon: options.epsilon ?? 1e-6 });
}

function adam(
  name: Optimizer["name"],
  { beta1 = 0.9, beta2 = 0.999, epsilon, weightDecay = 0.01 }: AdamOptions & { readonly epsilon: number },
): Optimizer {
  for (const [field, value] of Object.entries({ beta1, beta2 })) expectBetween(field, value, 0, 1);
  expectBetween("epsilon", epsilon, 0, Infinity);
  expectBetween("weightDecay", weightDecay, 0, Infinity);
  const corrected = name === "adamW";

  // (m/c1) / (√(v/c2) + ε), its corrections c1 and c2 drawn out: √c2/c1 · m / (√v + ε·√c2). Kingma & Ba, end of 2.
  const constants = (step: number): StepConstants => {
    const root = corrected ? Math.sqrt(1 - beta2 ** step) : 1;
    return { pace: corrected ? root / (1 - beta1 ** step) : 1, floor: epsilon * root };
  };
  return {
    name,
    slots: ["m", "v"],
    constants,
    update(weight, gradient, [m, v], { rate, step, decay, scale }) {
      const { pace, floor } = constants(step);
      const toM = (1 - beta1) * scale;
      const toV = (1 - beta2) * scale * scale;
      const change = rate * pace;
      const lost = decay ? rate * weightDecay : 0;
      for (let i = 0; i < weight.length; i++) {
        const d = gradient[i];
        const mean = beta1 * m[i] + toM * d;
        const square = beta2 * v[i] + toV * d * d;
        m[i] = mean;
        v[i] = square;
        weight[i] -= (change * mean) / (Math.sqrt(square) + floor) + lost * weight[i];
      }
    },
    express(g, weight, gradient, [m, v], { rate, pace, floor, decay, scale }) {
      const times = (x: Value, factor: number): Value => g.multiply(x, g.constant(factor));
      const scaled = g.multiply(gradient, scale);
      const mean = g.add(times(m, beta1), times(scaled, 1 - beta1));
      const square = g.add(times(v, beta2), times(g.multiply(scaled, scaled), 1 - beta2));
      const change = g.divide(g.multiply(g.multiply(rate, pace), mean), g.add(g.sqrt(square), floor));
      // 1 - rate · decay would not be exact in float32.
      const all = decay ? g.add(change, g.multiply(times(rate, weightDecay), weight)) : change;
      return { weight: g.subtract(weight, all), slots: [mean, square] };
    },
  };
}

/**
 * Whether a parameter's weights decay: all but biases and the scales and shifts of LayerNorms, as in the original.
 *
 * @example
 * decays("bert.embeddings.word_embeddings.weight"); // true
 * decays("bert.embeddings.LayerNorm.weight"); // false
 */
export function decays(name: string): boolean {
  return !/bias$|LayerNorm|layer_norm/.test(name);
}

/**
 * What gradients are multiplied by so that their norm is at most `most`: `torch.nn.utils.clip_grad_norm_`, which
 * divides by the norm and 1e-6. (TensorFlow's `clip_by_global_norm`, which the original has, does not add it: the
 * same but for a millionth.)
 *
 * @returns At most 1; NaN where the norm is.
 *
 * @example
 * clipScale(4, 1); // 0.24999994
 * clipScale(0.5, 1); // 1
 */
export function clipScale(norm: number, most: number): number {
  return Math.min(1, most / (norm + 1e-6));
}

/**
 * The L2 norm of all gradients together, summed in float64.
 *
 * @example
 * gradientNorm([new Float32Array([3]), new Float32Array([0, 4])]); // 5
 */
export function gradientNorm(gradients: Iterable<Float32Array>): number {
  let total = 0;
  for (const gradient of gradients) {
    // Four sums, so that an addition need not wait for the one before. (Written with destructuring, it takes twice as
    // long.)
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    const fours = gradient.length - (gradient.length % 4);
    for (let i = 0; i < fours; i += 4) {
      const first = gradient[i];
      const second = gradient[i + 1];
      const third = gradient[i + 2];
      const fourth = gradient[i + 3];
      a += first * first;
      b += second * second;
      c += third * third;
      d += fourth * fourth;
    }
    for (let i = fours; i < gradient.length; i++) a += gradient[i] ** 2;
    total += a + b + c + d;
  }
  return Math.sqrt(total);
}

function expectBetween(field: string, value: number, least: number, below: number): void {
  if (value >= least && value < below) return;
  throw new ClozeError(
    "invalid-option",
    `${field} should be at least ${least} and below ${below}, not ${value}.`,
    {
      field,
    },
  );
}
