import { expect, test } from "vitest";
import { takeSpans } from "./selections.ts";
import type { ByLine } from "./selections.ts";

/** What is taken where «» stand round the selections. */
function taken(marked: string, byLine: ByLine = "auto") {
  const selections: { start: number; end: number }[] = [];
  let text = "";
  let open = 0;
  for (const letter of marked)
    if (letter === "«") open = text.length;
    else if (letter === "»") selections.push({ start: open, end: text.length });
    else text += letter;
  const { what, spans } = takeSpans(text, selections, byLine);
  return [what, ...spans.map(({ start, end }) => text.slice(start, end))];
}

test("each selection is a text, in the order of the document, without the space round it", () => {
  expect(taken("a « warm » and «funny\t» film")).toEqual(["selections", "warm", "funny"]);
  const text = "one two";
  const selections = [
    { start: 4, end: 7 },
    { start: 0, end: 3 },
  ];
  expect(takeSpans(text, selections, "auto").spans).toEqual(selections.toReversed());
});

test("more than three lines are read one by one, blank ones left out", () => {
  expect(taken("«a\nb\nc»")).toEqual(["selections", "a\nb\nc"]);
  expect(taken("«a\n\n  b\r\nc\n\t\nd\n»e")).toEqual(["lines", "a", "b", "c", "d"]);
  expect(taken("«a\nb\nc»", "always")).toEqual(["lines", "a", "b", "c"]);
  expect(taken("«a\nb\nc\nd»", "never")).toEqual(["selections", "a\nb\nc\nd"]);
});

test("without a selection it is the sentence at the cursor, once for two cursors in it", () => {
  expect(taken("It rained. We st«»ayed in.")).toEqual(["sentences", "We stayed in."]);
  expect(taken("It ra«»in«»ed. We stayed.")).toEqual(["sentences", "It rained."]);
  expect(taken("天气很好。我们«»出去了。")).toEqual(["sentences", "我们出去了。"]);
});

test("a cursor beside a selection is left out", () => {
  expect(taken("«»One. «Two.»")).toEqual(["selections", "Two."]);
});

test("an empty document has nothing to take", () => {
  expect(taken("«»")).toEqual(["sentences"]);
  expect(taken("« \n »")).toEqual(["sentences"]);
});

test("emoji and line ends of Windows keep their places", () => {
  expect(taken("😀 «great 🎉»\r\n")).toEqual(["selections", "great 🎉"]);
});

test("a sentence in a line of a megabyte is found at once", () => {
  const text = "A short one. ".repeat(80_000);
  const { spans } = takeSpans(text, [{ start: 520_003, end: 520_003 }], "auto");
  expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual(["A short one."]);
});
