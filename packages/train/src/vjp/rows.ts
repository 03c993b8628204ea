/** Gradients of what takes rows or numbers by their places: what was taken is added back there. */
import { zerosLike } from "./rule.ts";
import type { Rules } from "./rule.ts";

export const rows: Rules<"embed" | "firstRows" | "gatherRows" | "take" | "topIds" | "addRows" | "addTaken"> =
  {
    embed: (g, { inputs: [table, ids] }, d) => [
      (sum) => g.addRows(sum ?? zerosLike(g, table), ids, d),
      undefined,
    ],
    firstRows: (g, { inputs: [table] }, d) => [g.pad(d, table, 0, 0), undefined],
    gatherRows: (g, { inputs: [x, places] }, d) => [
      (sum) => g.addRows(sum ?? zerosLike(g, x), places, d),
      undefined,
    ],
    take: (g, { inputs: [x, ids] }, d) => [(sum) => g.addTaken(sum ?? zerosLike(g, x), ids, d), undefined],
    topIds: () => [undefined],

    addRows: (g, { inputs: [x, places] }, d) => [
      d,
      undefined,
      x.shape.length === 2 ? g.embed(d, places) : g.gatherRows(d, places),
    ],
    addTaken: (g, { inputs: [, ids] }, d) => [d, undefined, g.take(d, ids)],
  };
