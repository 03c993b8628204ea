/** Gradients of what moves numbers about, and of sums. */
import type { Value } from "@cloze/core";
import { sumTo } from "./rule.ts";
import type { Rules } from "./rule.ts";

export const shapes: Rules<
  "transpose" | "reshape" | "broadcast" | "slice" | "pad" | "sum" | "select" | "expand" | "concat"
> = {
  transpose: (g, { attributes: { order } }, d) => [
    g.transpose(
      d,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
  reshape: (g, { inputs: [x] }, d) => [g.reshape(d, x.shape)],
  broadcast: (g, { inputs: [x] }, d) => [sumTo(g, d, x), undefined],

  slice: (g, { inputs: [x], attributes: { axis, start } }, d) => [g.pad(d, x, axis, start), undefined],
  pad: (g, { inputs: [x], attributes: { axis, start } }, d) => [g.slice(d, x, axis, start), undefined],

  sum: (g, { inputs: [x], attributes: { axis } }, d) => [g.broadcast(g.expand(d, axis), x)],
  select: (g, { inputs: [x], attributes: { axis, index } }, d) => [g.pad(g.expand(d, axis), x, axis, index)],
  expand: (g, { inputs: [x], attributes: { axis } }, d) =>
    x.type === "float32" ? [g.sum(d, axis)] : [undefined],

  concat(g, { inputs, attributes: { axis } }, d) {
    let start = 0;
    return inputs.map((x): Value => {
      const part = g.slice(d, x, axis, start);
      start += Number(x.shape[axis]);
      return part;
    });
  },
};
