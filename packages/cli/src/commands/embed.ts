/** `cloze embed`: a vector for each text, or for each of its tokens. */
import { stat } from "node:fs/promises";
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { Embedding, EmbedOptions, Predictor, TextInput } from "@cloze/core";
import type { Item } from "../input.ts";
import type { Io } from "../io.ts";
import { positive, shared } from "../options.ts";
import type { FormatOptions } from "../options.ts";
import type { View } from "../output.ts";
import { fit, grouped, oneLine, size, table } from "../style.ts";
import type { Style } from "../style.ts";
import type { Written } from "../vector-file.ts";

export function addEmbed(program: Command, io: Io): void {
  program
    .command("embed")
    .description("turn texts into vectors")
    .argument("[text...]", "texts, one an argument")
    .addOption(shared.input)
    .addOption(shared.model)
    .addOption(
      new Option("--pooling <way>", "how a text's tokens become one vector; none leaves one a token")
        .choices(["mean", "cls", "pooler", "none"] as const)
        .default("mean" as const),
    )
    .addOption(shared.layers)
    .addOption(shared.weights)
    .option("--normalize", "scale each vector to length 1")
    .option(
      "--max-length <n>",
      "tokens of a text that are read (default: all that the model takes)",
      positive,
    )
    .option("-o, --out <file>", "write the vectors to a .npy or a .safetensors, in float32")
    .addOption(shared.threads)
    .addOption(shared.device)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Input lines: {"text": "…", "pair": "…"}, pair being optional.
A .npy holds one array [texts, width]; a .safetensors the same as "embeddings", or with --pooling none the vectors of
each text's tokens as "0", "1", …, with "0.offsets" and, in the metadata, "0.tokens".

Examples:
  $ cloze embed --normalize --json "a warm film"
  $ cloze embed --layers -4,-3,-2,-1 --input texts.jsonl --out features.npy
  $ cloze embed --layers -4,-3,-2,-1 --weights 0.1,0.2,0.3,0.4 --input texts.jsonl --json
  $ cloze embed --pooling none --input texts.jsonl --out tokens.safetensors`,
    )
    .action(async (texts, options) => {
      const { pooling, layers, weights, normalize, maxLength, out } = options;
      const how: EmbedOptions = { pooling, layers, weights, normalize, maxLength };
      if (out === undefined) {
        const { answerTexts } = await import("../answer-texts.ts");
        await answerTexts(texts, options, io, (bert, inputs) => bert.embed(inputs, how), view);
        return;
      }
      const { checkText, expectOneSource, fromArguments, fromJsonLines } = await import("../input.ts");
      const { checkWritable } = await import("../files.ts");
      const { loadModel } = await import("../model.ts");
      const { checkVectorFile } = await import("../vector-file.ts");
      expectOneSource(texts.length, options.input, "a text");
      checkVectorFile(out, pooling === "none");
      await checkWritable(out, "out");
      await using bert = await loadModel(options);
      const items =
        options.input === undefined
          ? fromArguments(texts.map((text): TextInput => ({ text })))
          : fromJsonLines(options.input, io, checkText);
      await embedToFile(bert, items, how, out, options, io);
    });
}

async function embedToFile(
  bert: Predictor,
  items: AsyncIterable<Item<TextInput>>,
  how: EmbedOptions,
  out: string,
  options: FormatOptions,
  io: Io,
): Promise<void> {
  const { expectGood } = await import("../input.ts");
  const { printOne } = await import("../output.ts");
  const { Progress } = await import("../progress.ts");
  const { writeVectors } = await import("../vector-file.ts");
  const { layers = [], weights, pooling } = how;
  const joined = weights || pooling === "pooler" ? 1 : layers.length;
  const width = joined * bert.config.hiddenSize;
  await bert.embed([], how); // what is wrong with the options, before anything is read
  const progress = new Progress(undefined, "texts", io);
  const shown = async function* (): AsyncGenerator<Embedding> {
    let done = 0;
    for await (const embedding of bert.embed(expectGood(items), how)) {
      yield embedding;
      if (++done % 64 === 0) await progress.show(done);
    }
  };
  const written = await writeVectors(out, shown(), { width, tokens: pooling === "none" }).finally(() =>
    progress.end(),
  );
  const { size: bytes } = await stat(out);
  const about = { out, ...written, width, bytes };
  await printOne(about, () => `${out}: ${summary(written, width)}, ${size(bytes)}`, options, io);
}

function summary({ texts, vectors, truncated }: Written, width: number): string {
  const of =
    vectors === texts ? `${grouped(texts)} texts` : `${grouped(vectors)} tokens of ${grouped(texts)} texts`;
  const cut = truncated === 0 ? "" : ` (${grouped(truncated)} cut to the model's length)`;
  return `${of}${cut}, ${width} numbers each`;
}

const view: View<TextInput, Embedding> = {
  json({ embedding, tokens, segments, offsets, ...rest }) {
    if (!tokens || !segments || !offsets) return { embedding: Array.from(embedding), ...rest };
    const places = tokens.map((_, i) => [offsets[2 * i], offsets[2 * i + 1]]);
    return {
      embedding: vectorsOf(embedding, tokens).map((vector) => Array.from(vector)),
      tokens,
      segments: Array.from(segments),
      offsets: places,
      ...rest,
    };
  },
  columns: ["embedding", "tokens"],
  row: ({ embedding, tokens }) => [
    vectorsOf(embedding, tokens ?? [""])
      .map((vector) => vector.join(" "))
      .join(" | "),
    tokens?.join(" ") ?? null,
  ],
  text({ embedding, tokens, truncated }, { text, pair }, style) {
    const shown = oneLine(pair === undefined ? text : `${text} | ${pair}`);
    const cut = truncated ? style.dim(" (cut to the model's length)") : "";
    const title = style.bold(fit(shown, style.width)) + cut;
    if (!tokens) return `${title}\n ${beginning(embedding)}${measure(embedding, style)}`;
    const rows = vectorsOf(embedding, tokens).map((vector, i) => [oneLine(tokens[i]), beginning(vector)]);
    const [first] = vectorsOf(embedding, tokens);
    return [
      title,
      ...table(rows).map((line) => `  ${line}`),
      `  ${style.dim(`(${first.length} numbers each)`)}`,
    ].join("\n");
  },
};

function vectorsOf(embedding: Float32Array, tokens: readonly string[]): Float32Array[] {
  const width = embedding.length / tokens.length;
  return tokens.map((_, i) => embedding.subarray(i * width, (i + 1) * width));
}

function beginning(vector: Float32Array): string {
  return `${Array.from(vector.subarray(0, 6), (x) => x.toFixed(4).padStart(8)).join("")} …`;
}

function measure(vector: Float32Array, style: Style): string {
  return ` ${style.dim(`(${vector.length} numbers, length ${Math.hypot(...vector).toFixed(3)})`)}`;
}
