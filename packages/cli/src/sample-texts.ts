/**
 * Texts that a model is compared on where it brings none of its own: short ones and long ones, questions with their
 * contexts, names, masks.
 */
import type { HeadKind, Plugin, TextInput } from "@cloze/core";

const texts: readonly TextInput[] = [
  { text: "a warm , funny and touching film" },
  { text: "dull , clumsy and far too long" },
  { text: "Paris is the capital of France." },
  { text: "Anton Chekhov was born in Taganrog, a port on the Sea of Azov." },
  { text: "The doctor told her to take the medicine twice a day." },
  { text: "He opened the window because the room was too hot." },
  { text: "Please check that the cable is connected before you turn on the printer." },
  { text: "In 1896, the British Museum bought 1,200 manuscripts from a dealer in Cairo." },
  {
    text:
      "The committee has not decided yet whether the bridge, which was closed after the storm in March, will be " +
      "repaired or replaced, and the mayor of Springfield said that both would take at least two years.",
  },
  { text: "It is not bad at all." },
];

const pairs: readonly TextInput[] = [
  { text: "Who wrote the play?", pair: "The play was written by Anton Chekhov in 1896." },
  {
    text: "When was the museum founded?",
    pair: "Founded in 1753, the British Museum was the first of its kind.",
  },
  {
    text: "What does the heart do?",
    pair: "The heart pumps blood through the body. It beats about 100,000 times a day, and rests between the beats.",
  },
  {
    text: "Where is the bridge?",
    pair: "Visitors cross the river by a stone bridge near the old mill in Bath.",
  },
  { text: "She put the kettle on.", pair: "Ten minutes later they were drinking tea." },
  { text: "He forgot his umbrella.", pair: "The capital of Australia is Canberra." },
  { text: "The glass fell off the table.", pair: "It broke." },
  {
    text: "How long is the tunnel?",
    pair:
      "The tunnel under the mountain took eleven years to build and cost three lives. At 57 kilometres it is the " +
      "longest railway tunnel in the world, and trains pass through it in about twenty minutes.",
  },
];

const paired: ReadonlySet<HeadKind> = new Set(["span", "choice", "next-sentence"]);

/**
 * What to compare a head on: its own examples, and texts of the sort that it reads.
 *
 * @param kind What it does; undefined for the encoder's own outputs.
 * @param mask The model's mask, which stands in place of a word in the middle.
 */
export function sampleTexts(
  kind: HeadKind | undefined,
  examples: Plugin["examples"],
  mask: string,
): TextInput[] {
  const own = examples.flatMap((example): TextInput[] => {
    const { text = example.question, pair = example.context } = example;
    if (typeof text !== "string") return [];
    return [typeof pair === "string" ? { text, pair } : { text }];
  });
  if (kind === "masked-lm") return [...own, ...texts.map(({ text }) => ({ text: masked(text, mask) }))];
  return [...own, ...(kind && paired.has(kind) ? pairs : texts)];
}

function masked(text: string, mask: string): string {
  const words = text.split(" ");
  return words.with(words.length >> 1, mask).join(" ");
}
