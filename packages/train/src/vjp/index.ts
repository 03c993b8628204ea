/** The rule of every operator: an operator without one does not compile. */
import type { Operator } from "@cloze/core";
import { elementwise } from "./elementwise.ts";
import { normalisation } from "./normalisation.ts";
import { products } from "./products.ts";
import { rows } from "./rows.ts";
import type { Rules } from "./rule.ts";
import { shapes } from "./shapes.ts";

export const rules: Rules<Operator> = { ...elementwise, ...products, ...normalisation, ...rows, ...shapes };
