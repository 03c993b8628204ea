/** Words behind masks. A word of the text becomes a mask when it is pressed, and is remembered to be compared. */
import type { Filled } from "@cloze/core";
import { element, percent, rove } from "../dom.ts";
import { bars, passage } from "../show.ts";
import { keepPlaces, maskedWords, maskText, readPlaces, splitWords } from "../words.ts";
import type { Form, Task } from "./task.ts";

export const fill: Task<Filled> = {
  route: "/v1/fill",
  verb: "Fill in",
  fields: [
    { name: "text", label: "Text", rows: 3 },
    { name: "masked", kind: "hidden" },
  ],
  each: "text",
  inputs: ({ text, masked }) => [{ text: maskText(text, masked) }],
  options: () => ({ top: 10 }),
  tool: wordPicker,
  say: ([{ masks }]) =>
    masks.map(({ predictions: [best] }) => `${best.token}, ${percent(best.score)}`).join("; "),
  show([{ masks }], { text, masked }) {
    const hidden = maskedWords(text, masked); // as many as masks, in the same order
    return [
      filledText(maskText(text, masked), masks),
      ...masks.flatMap(({ predictions }, i) => {
        const { written, text: word } = hidden[i];
        const caption = written ? `Mask ${i + 1}` : `In place of “${word}”`;
        const scores = predictions.map(({ token, score }) => {
          const same = !written && token.toLowerCase() === word.toLowerCase();
          return [token, score, same ? "your word" : undefined] as const;
        });
        return [element("h3", {}, caption), bars(scores, predictions[0].score)];
      }),
    ];
  },
  row: ({ masks }) =>
    masks.flatMap(({ predictions }, i) => [
      i > 0 ? "; " : "",
      ...predictions
        .slice(0, 3)
        .flatMap(({ token, score }, j) => [
          j > 0 ? ", " : "",
          element(j > 0 ? "span" : "strong", {}, token),
          ` ${percent(score)}`,
        ]),
    ]),
};

/** The text with the best word in each mask's place. A piece that goes on a word stands close to it. */
function filledText(text: string, masks: Filled["masks"]): HTMLElement {
  let filled = "";
  let at = 0;
  const spans = masks.map(({ start, end, predictions: [{ token }] }) => {
    const goesOn = token.startsWith("##");
    const before = text.slice(at, start);
    filled += goesOn ? before.trimEnd() : before;
    at = end;
    const from = filled.length;
    filled += goesOn ? token.slice(2) : token;
    return { start: from, end: filled.length };
  });
  return passage(filled + text.slice(at), spans);
}

/** More words than these are not offered to be pressed: who has a text so long writes the masks. */
const MOST_WORDS = 600;

/** The text with each word a button that masks it, and asks at once. */
function wordPicker(form: Form): HTMLElement {
  const words = element("div", {
    className: "words",
    role: "group",
    ariaLabel: "Words: press one to mask it",
  });
  let before = splitWords(form.values().text);
  let current = 0; // the stop of the Tab key
  let shown = "";

  form.watch(({ text, masked }, written) => {
    const after = splitWords(text);
    const kept = written ? keepPlaces(masked, before, after) : masked;
    before = after;
    if (kept !== masked) return form.set("masked", kept); // and is called again
    const state = `${masked}|${text}`;
    if (state === shown) return;
    const focused = words.contains(document.activeElement);
    shown = state;
    draw(text, readPlaces(masked));
    if (focused) words.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  });
  return element("div", {}, element("p", { className: "label" }, "Press a word to mask it"), words);

  function draw(text: string, masked: ReadonlySet<number>): void {
    let at = 0;
    const buttons: HTMLButtonElement[] = [];
    const parts = before.slice(0, MOST_WORDS).flatMap((word, place) => {
      const between = text.slice(at, word.start);
      at = word.end;
      if (word.written) return [between, element("mark", {}, word.text)];
      const button = element("button", {
        type: "button",
        textContent: word.text,
        ariaPressed: String(masked.has(place)),
      });
      const i = buttons.push(button) - 1;
      button.onclick = () => {
        current = i;
        const places = new Set(masked);
        if (!places.delete(place)) places.add(place);
        form.set("masked", [...places].sort((a, b) => a - b).join(","));
        if (places.size > 0) form.run();
      };
      return [between, button];
    });
    words.replaceChildren(...parts, text.slice(at));
    rove(buttons, Math.min(current, buttons.length - 1));
  }
}
