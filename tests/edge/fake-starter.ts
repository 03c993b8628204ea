/**
 * A session with the starter's outputs and no weights, which answers by rule: a text with "warm" in it is positive,
 * the answer to a question runs from "anton" to "chekhov", with "1896" as the runner-up, and these two words are the
 * name of a person.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseConfig, Tokenizer } from "@cloze/core";
import type { Feeds, FloatTensor, Session } from "@cloze/core";
import { startServer } from "@cloze/server";
import type { RunningServer, ServerOptions } from "@cloze/server";
import { starter } from "../starter.ts";

export class FakeStarter implements Session {
  readonly tokensPerRun = 1024;
  readonly outputs = ["sentiment", "answers", "entities"];
  /** Awaited by every run before it answers. */
  gate: () => Promise<void> = async () => {};
  /** [rows, length] of each run. */
  readonly runs: (readonly number[])[] = [];
  readonly #ids: Readonly<Record<"warm" | "anton" | "che" | "##khov" | "1896", number>>;

  constructor(tokenizer: Tokenizer) {
    const id = (piece: string) => tokenizer.vocabulary.id(piece)!;
    const [che, khov] = tokenizer.tokenize("chekhov").ids;
    this.#ids = { warm: id("warm"), anton: id("anton"), che, "##khov": khov, "1896": id("1896") };
  }

  /** Holds runs up until the function that it gives is called. */
  hold(): () => void {
    const held = new AbortController();
    this.gate = () =>
      new Promise((resolve) => {
        if (held.signal.aborted) resolve();
        held.signal.addEventListener("abort", () => resolve());
      });
    return () => held.abort();
  }

  paddedLength(length: number): number {
    return length;
  }

  async run({ input_ids }: Feeds, outputs: readonly string[]): Promise<Record<string, FloatTensor>> {
    const [rows, length] = input_ids.dims;
    this.runs.push(input_ids.dims);
    await this.gate();
    const { warm, anton, che, "##khov": khov, "1896": year } = this.#ids;
    const sentiment = new Float32Array(2 * rows);
    const answers = new Float32Array(2 * rows * length).fill(-5);
    const entities = new Float32Array(9 * rows * length); // O B-PER I-PER …
    for (const [i, id] of input_ids.data.entries()) {
      if (id === warm) sentiment[2 * Math.floor(i / length) + 1] = 4;
      if (id === anton) answers[2 * i] = 6;
      if (id === khov) answers[2 * i + 1] = 6;
      if (id === year) answers.fill(3, 2 * i, 2 * i + 2);
      entities[9 * i + (id === anton ? 1 : id === che || id === khov ? 2 : 0)] = 6;
    }
    const all: Record<string, FloatTensor> = {
      sentiment: { type: "float32", dims: [rows, 2], data: sentiment },
      answers: { type: "float32", dims: [rows, length, 2], data: answers },
      entities: { type: "float32", dims: [rows, length, 9], data: entities },
    };
    return Object.fromEntries(outputs.map((name) => [name, all[name]]));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const read = (name: string) => readFile(path.join(starter, name), "utf8");

/** An inference server over such a session. */
export async function startFakeServer(
  where: Pick<ServerOptions, "host" | "port"> = {},
): Promise<RunningServer & { readonly session: FakeStarter }> {
  const tokenizer = Tokenizer.fromFiles({
    vocabTxt: await read("vocab.txt"),
    tokenizerConfig: await read("tokenizer_config.json"),
  });
  const session = new FakeStarter(tokenizer);
  const { config } = parseConfig(await read("config.json"));
  const server = await startServer({ session, config, model: "cloze-starter", onError: () => {}, ...where });
  return { ...server, session };
}
