/**
 * Shares in percent, as the reader's language writes them.
 */
import * as vscode from "vscode";

/** Cut, not rounded: no model is 100% sure. */
const format = new Intl.NumberFormat(vscode.env.language, {
  style: "percent",
  maximumFractionDigits: 1,
  roundingMode: "trunc",
});

/**
 * @example
 * percent(0.9832); // "98.3%"
 */
export function percent(share: number): string {
  return format.format(share);
}
