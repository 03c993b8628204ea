/** How answers look: scores as bars, spans marked in their text. */
import { element, percent } from "./dom.ts";

/** A span of a text, with what is said of it. */
export interface Marked {
  readonly start: number;
  readonly end: number;
  readonly label?: string;
}

/**
 * Scores with their names, as they are given, in numbers and as bars; the first is the best.
 *
 * @param full The score whose bar is as long as can be.
 */
export function bars(
  scores: readonly (readonly [name: string, score: number, remark?: string | undefined])[],
  full = 1,
): HTMLElement {
  const rows = scores.map(([name, score, remark], i) => {
    const said = remark === undefined ? [] : [element("small", {}, remark)];
    const bar = element("div", { className: "bar", ariaHidden: "true" });
    bar.style.setProperty("--score", String(score / full));
    return element(
      "div",
      { className: i === 0 ? "best" : "" },
      element("dt", {}, name, ...said),
      element("dd", {}, bar, element("span", {}, percent(score))),
    );
  });
  return element("dl", { className: "scores" }, ...rows);
}

/** The scores of labels, best first: an object puts labels like "0" before all others. */
export function ranked(scores: Readonly<Record<string, number>>): [name: string, score: number][] {
  return Object.entries(scores).sort(([, a], [, b]) => b - a);
}

/** A text in which spans are marked, and labelled where they have a label. */
export function passage(text: string, spans: readonly Marked[]): HTMLElement {
  const made = element("blockquote", { className: "passage", tabIndex: 0 });
  markSpans(made, text, spans);
  return made;
}

/** Marks other spans in a passage. */
export function markSpans(made: HTMLElement, text: string, spans: readonly Marked[]): void {
  made.replaceChildren(...markedText(text, spans));
  revealMark(made);
}

/** Scrolls a long passage, and nothing round it, to its first mark. */
export function revealMark(made: HTMLElement): void {
  const mark = made.querySelector("mark");
  if (mark) made.scrollTop = mark.offsetTop - made.offsetTop - made.clientHeight / 3;
}

function markedText(text: string, spans: readonly Marked[]): (Node | string)[] {
  let at = 0;
  const parts = spans.flatMap(({ start, end, label }) => {
    const before = text.slice(at, start);
    at = end;
    return [before, labelled(text.slice(start, end), label)];
  });
  return [...parts, text.slice(at)];
}

/** A marked text with its label beside it; the colour only helps the eye. */
export function labelled(text: string, label?: string): HTMLElement {
  if (label === undefined) return element("mark", {}, text);
  const mark = element("mark", { className: "entity" }, text, element("small", {}, label));
  mark.style.setProperty("--hue", String(hueOf(label)));
  return mark;
}

/** A hue for a label, always the same; those that are everywhere get ones that lie far apart. */
function hueOf(label: string): number {
  const known = { PER: 75, ORG: 290, LOC: 195, MISC: 350 }[label];
  if (known !== undefined) return known;
  let hash = 0;
  for (const character of label) hash = (hash * 31 + character.codePointAt(0)!) % 360;
  return hash;
}
