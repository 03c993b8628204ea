/**
 * What examples may use without saying where it is from: the starter model and its parts, a tiny model in training, and
 * a working folder with the few files that they name.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { collate, readModel, Tokenizer, Vocabulary } from "@cloze/core";
import type { Plugin } from "@cloze/core";
import { createApp } from "@cloze/edge";
import { graphOf, load, openFolder, readModelTexts } from "@cloze/runtime/node";
import { packZip } from "@cloze/runtime/plugin";
import { startServer } from "@cloze/server";
import { read, root } from "./entries.ts";
import { makeTraining } from "./given-training.ts";

const starter = path.join(root, "packages/starter/model");
const fixture = (name: string): string => path.join(root, "tests/fixtures", name);

export type Given = Awaited<ReturnType<typeof makeGiven>>["names"];

/** Makes the names, and a folder that is the working folder until they are closed. */
export async function makeGiven() {
  const vocabTxt = read("packages/starter/model/vocab.txt");
  const bert = await load(starter);
  const { config, plugins, session } = bert;
  const vocabulary = Vocabulary.parse(vocabTxt);
  const tokenizer = new Tokenizer(vocabulary);
  const feeds = () => collate([tokenizer.encode("a warm , funny film")], 8, tokenizer.specials.pad);
  const folder = await openFolder(starter);
  const texts = await readModelTexts(starter);
  const server = await startServer({ session, config, model: "cloze-starter" });
  const back = process.cwd();
  const place = makePlace();
  process.chdir(place);
  const training = await makeTraining(tokenizer, plugins);
  const names = {
    vocabTxt,
    tokenizerConfig: read("packages/starter/model/tokenizer_config.json"),
    vocabulary,
    tokenizer,
    /** A segmenter of Chinese. */
    jieba: { cut: (text: string) => text.match(/北京|./gsu) ?? [] },
    bert,
    session,
    config,
    plugins,
    /** The starter's head for sentiment. */
    plugin: plugins.find(({ name }) => name === "sentiment") as Plugin,
    /** The files of a model's folder as texts, and what they say. */
    texts,
    model: readModel(texts),
    folder,
    graph: graphOf(folder),
    /** Of a text, for one run: a session takes them away. */
    feeds: feeds(),
    /** The address of a server that has the starter. */
    url: server.url,
    page: "<html></html>",
    /** Which encoder the starter's plugins are for, and one of them in one file. */
    encoder: plugins.find(({ name }) => name === "sentiment")!.encoder!,
    pluginFile: packZip(
      new Map(
        ["plugin.json", "head.safetensors"].map((name) => [
          name,
          readFileSync(path.join("plugins/moods", name)),
        ]),
      ),
    ),
    /** A Worker's bindings. */
    env: {
      ASSETS: { fetch: async () => new Response("", { status: 404 }) },
      CLOZE_PLUGINS: {
        get: async () => null,
        put: async () => {},
        delete: async () => {},
        list: async () => ({ keys: [], list_complete: true }),
      },
      CLOZE_BUCKET: {
        get: async () => null,
        put: async () => {},
        delete: async () => {},
        list: async () => ({ objects: [], truncated: false }),
      },
    },
    /** A service over that server. */
    app: createApp({ model: readModel(texts), server: { url: server.url, model: "cloze-starter" } }),
    /** Stands for that of `cloudflare:workers`, and what workerd makes it with. */
    WorkerEntrypoint: Object as unknown as new (ctx: object, env: object) => object,
    ctx: {},
    ...training.names,
    readFile,
    writeFile,
  };
  return {
    names,
    /** The feeds anew, before every example. */
    next: () => ({ ...names, feeds: feeds() }),
    async [Symbol.asyncDispose]() {
      process.chdir(back);
      await training[Symbol.asyncDispose]();
      await server.close();
      await bert[Symbol.asyncDispose]();
      rmSync(place, { recursive: true });
    },
  };
}

/** A folder as a program's might be: models, a plugin, texts, data, and a cache of the hub with one model. */
function makePlace(): string {
  const place = mkdtempSync(path.join(tmpdir(), "cloze-examples-"));
  const copy = (from: string, to: string) =>
    cpSync(from, path.join(place, to), {
      recursive: true,
      filter: (file) => !file.endsWith("expected.json"),
    });
  mkdirSync(path.join(place, "models"));
  symlinkSync(starter, path.join(place, "models/starter"));
  copy(fixture("checkpoints/pretraining"), "models/my-bert");
  copy(fixture("foreign/hub"), "models/moods");
  copy(fixture("checkpoints/choice"), "models/endings");
  copy(fixture("checkpoints/regression"), "models/ratings");
  copy(path.join(starter, "plugins/sentiment"), "plugins/moods");
  const json = path.join(place, "plugins/moods/plugin.json");
  writeFileSync(json, readFileSync(json, "utf8").replace('"sentiment"', '"moods"'));

  writeFileSync(path.join(place, "novels.txt"), "It was a warm day.\nIt was a warm night.\n");
  writeFileSync(path.join(place, "manuals.txt.gz"), gzipSync("Switch it on.\nSwitch it off.\n"));
  writeFileSync(
    path.join(place, "corpus.txt"),
    `${"It was a warm day. It was a warm night. ".repeat(20)}\n\n`.repeat(8),
  );
  copy(fixture("checkpoints/pretraining/vocab.txt"), "vocab.txt");
  for (const part of ["train", "dev"]) {
    writeFileSync(
      path.join(place, `${part}.tsv`),
      "text\tlabel\na warm film\tpositive\na dull film\tnegative\n",
    );
    writeFileSync(path.join(place, `${part}.conll`), "Anton B-PER\nChekhov I-PER\nwrote O\nplays O\n");
  }
  writeFileSync(path.join(place, "ratings.tsv"), "text\tlabel\na good film\t1.5\na bad film\t4.5\n");
  const endings = { context: "It is cold.", choices: ["It rained.", "It snows."], label: 1 };
  writeFileSync(path.join(place, "endings.jsonl"), JSON.stringify(endings));
  const context = "The play was written by Anton Chekhov in 1896.";
  const qas = [
    { id: "1", question: "Who wrote it?", answers: [{ text: "Anton Chekhov", answer_start: 24 }] },
  ];
  const squad = { version: "v2.0", data: [{ paragraphs: [{ context, qas }] }] };
  writeFileSync(path.join(place, "dev-v2.0.json"), JSON.stringify(squad));

  const commit = "0123456789abcdef0123456789abcdef01234567";
  const cached = "hub/models--google-bert--bert-base-uncased";
  copy(fixture("checkpoints/pretraining"), `${cached}/snapshots/${commit}`);
  copy(
    fixture("foreign/hub/onnx/model_quantized.onnx"),
    `${cached}/snapshots/${commit}/onnx/model_quantized.onnx`,
  );
  mkdirSync(path.join(place, cached, "refs"));
  writeFileSync(path.join(place, cached, "refs/main"), commit);
  process.env.HF_HUB_CACHE = path.join(place, "hub");
  process.env.HF_HUB_OFFLINE = "1"; // examples that name a model of the hub find this one, and no network
  return place;
}
