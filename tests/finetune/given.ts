/**
 * A tiny model and data of every task that it learns in a second or two.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Random } from "../../packages/train/src/random.ts";

/** A pre-trained model of two layers: its heads are those of pre-training, so that each task's begins anew. */
export const model = fileURLToPath(new URL("../fixtures/checkpoints/pretraining", import.meta.url));

const tasks = ["classify", "pairs", "multi-label", "regress", "squad", "tag", "choose"] as const;
export type Given = Readonly<Record<(typeof tasks)[number], readonly string[]>>;

const subjects = ["the cat", "the film", "an un mat", "paris", "it"];
const others = ["sat on the mat", "was by an cat", "is in paris", "who wrote it", "of the film"];

/** Writes the files into a folder. What each option list holds is a command's `--task`, files and what they need. */
export function writeGiven(folder: string): Given {
  mkdirSync(folder, { recursive: true });
  const random = new Random(1);
  const one = (texts: readonly string[]): string => texts[random.below(texts.length)];
  const write = (
    name: string,
    rows: number,
    text: (nth: number) => string,
    before = "",
    after = "",
  ): string[] =>
    ["train", "dev"].flatMap((part) => {
      const file = path.join(folder, `${part}-${name}`);
      const all = Array.from({ length: part === "train" ? rows : 24 }, (_, nth) => text(nth));
      writeFileSync(file, before + all.join(after === "" ? "" : ",") + after);
      return [`--${part}`, file];
    });
  const sentence = (nth: number, good: string, bad: string): string =>
    `${one(subjects)} ${nth % 2 === 0 ? good : bad} ${one(others)}`;
  return {
    classify: [
      "--task",
      "classify",
      ...write(
        "moods.tsv",
        64,
        (n) => `${sentence(n, "was good", "was bad")}\t${n % 2 === 0 ? "glad" : "sad"}\n`,
        "text\tlabel\n",
      ),
    ],
    pairs: [
      "--task",
      "classify",
      ...write(
        "pairs.tsv",
        64,
        (n) => `${one(subjects)}\t${sentence(n, "good", "bad")}\t${n % 2}\n`,
        "text_a\ttext_b\tlabel\n",
      ),
    ],
    "multi-label": [
      "--task",
      "classify",
      "--multi-label",
      ...write(
        "many.tsv",
        64,
        (n) =>
          `${one(subjects)} ${n & 1 ? "good" : ""} ${n & 2 ? "bad" : ""}\t${[n & 1 && "g", n & 2 && "b"].filter(Boolean).join("|")}\n`,
        "text\tlabel\n",
      ),
    ],
    regress: [
      "--task",
      "regress",
      "--columns",
      "text,score",
      ...write(
        "values.tsv",
        64,
        (n) => `${sentence(n, "good", "bad")}\t${n % 2 === 0 ? 1 : -1}\n`,
        "text\tscore\n",
      ),
    ],
    squad: [
      "--task",
      "squad",
      ...write(
        "squad.json",
        64,
        (n) => {
          const [name, text] = [one(["paris", "the cat", "who"]), `${one(others)} good `];
          const answers = [{ text: name, answer_start: text.length }];
          const qas = [{ id: `q${n}`, question: "who was good", answers }];
          return JSON.stringify({ paragraphs: [{ context: `${text}${name} ${one(others)}`, qas }] });
        },
        '{"version":"1.1","data":[',
        "]}",
      ),
    ],
    tag: [
      "--task",
      "tag",
      ...write(
        "names.conll",
        64,
        () => `${one(["the", "of"])}\tO\n${one(["paris", "mat"])}\tB-LOC\nfilm\tI-LOC\nwas\tO\n\n`,
      ),
    ],
    choose: [
      "--task",
      "choose",
      ...write("choices.jsonl", 64, (n) => {
        const choices = [`${one(subjects)} good`, `${one(subjects)} bad`];
        return `${JSON.stringify({ context: one(others), choices: n % 2 === 0 ? choices : choices.toReversed(), label: n % 2 })}\n`;
      }),
    ],
  };
}
