/**
 * A corpus, a vocabulary and sizes so small that a pre-training takes a second or two.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Random } from "../../packages/train/src/random.ts";

const words =
  "the a cat dog bird river house old young red green sees hears finds likes and then slowly".split(" ");
const pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words, "##ing", "."];

/** Documents of sentences in which each word is told by the one before, but for the first. */
function corpus(seed: number): string {
  const random = new Random(seed);
  const sentence = (): string => {
    const first = random.below(words.length);
    const text = Array.from({ length: 8 }, (_, at) => words[(first + 7 * at) % words.length]).join(" ");
    return `${text[0].toUpperCase()}${text.slice(1)}.`; // a sentence begins with a capital
  };
  const document = (): string => Array.from({ length: 12 }, sentence).join(" ");
  return `${Array.from({ length: 40 }, document).join("\n\n")}\n`;
}

export interface Given {
  readonly corpus: string;
  readonly vocab: string;
  readonly config: string;
}

/** Writes the files into a folder. */
export function writeGiven(folder: string): Given {
  mkdirSync(folder, { recursive: true });
  const given = {
    corpus: path.join(folder, "corpus.txt"),
    vocab: path.join(folder, "vocab.txt"),
    config: path.join(folder, "config.json"),
  };
  writeFileSync(given.corpus, corpus(1));
  writeFileSync(given.vocab, `${pieces.join("\n")}\n`);
  const config = {
    model_type: "bert",
    vocab_size: pieces.length,
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 64,
  };
  writeFileSync(given.config, JSON.stringify(config));
  return given;
}

/** The command that trains on them. */
export function pretrainArguments({ corpus: file, vocab, config }: Given, out: string): string[] {
  const sizes = ["--vocab", vocab, "--config", config];
  return ["pretrain", "--corpus", file, ...sizes, ...training, "--out", out];
}

const training = (
  "--steps 120 --batch 8 --length 32 --long-length 48 --rate 3e-3 --save-every 15 --evaluate-every 40 --held-out 0.1 " +
  "--keep 2"
).split(" ");
