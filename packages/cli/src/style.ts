/**
 * How results look to people: colour and bars on a terminal, plain text elsewhere.
 */
import type { Io, Sink } from "./io.ts";

export interface Style {
  /** The line's width in characters; unlimited where nobody looks. */
  readonly width: number;
  bold(text: string): string;
  dim(text: string): string;
  /** An answer inside its context. */
  mark(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  /** A share of 1 as a bar; nothing where the output is no terminal. */
  bar(share: number): string;
}

const BAR = 20;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

export function styleOf(sink: Sink, env: Io["env"]): Style {
  const colour = sink.isTTY && !env.NO_COLOR && env.TERM !== "dumb";
  const paint =
    (on: number, off: number) =>
    (text: string): string =>
      colour ? `\u001B[${on}m${text}\u001B[${off}m` : text;
  const cyan = paint(36, 39);
  return {
    width: sink.isTTY ? sink.columns : Infinity,
    bold: paint(1, 22),
    dim: paint(2, 22),
    mark: (text) => (colour ? `\u001B[1;32m${text}\u001B[22;39m` : `[${text}]`),
    good: paint(32, 39),
    bad: paint(31, 39),
    bar: (share) => (sink.isTTY && share > 1 / 320 ? cyan(drawBar(share)) : ""),
  };
}

function drawBar(share: number): string {
  const eighths = Math.round(Math.min(Math.max(share, 0), 1) * BAR * 8);
  return "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

/** A text without line breaks and without the control characters that could steer a terminal. */
export function spaced(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\s]+/gu, " ");
}

/** The same without spaces at its ends. */
export function oneLine(text: string): string {
  return spaced(text).trim();
}

/** The front of a text, cut to a width; no character of two units is halved. */
export function fit(text: string, width: number): string {
  if (text.length <= width) return text;
  const front = text.slice(0, Math.max(width - 1, 0)).replace(/[\uD800-\uDBFF]$/, "");
  return `${front.trimEnd()}…`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`.padStart(8);
}

const whole = new Intl.NumberFormat("en-US");

/** 109482240 as 109,482,240. */
export function grouped(value: number): string {
  return whole.format(value);
}

/** Bytes in the unit that people say: 45.8 MB. */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Seconds in the units that people say: 45 s, 8 min, 2 h 5 min, 1 d 4 h. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${grouped(Math.floor(hours / 24))} d ${hours % 24} h`;
}

/** Rows with their columns aligned; numbers (by `right`) to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd(),
  );
}
