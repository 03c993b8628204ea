/**
 * Loading an `.onnx` file that another tool made: its structure is read, its signature bound, and what config.json says
 * or the file shows becomes the description of a model like any other.
 */
import { lstatSync } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { ClozeError, gatherTokenizerFiles, namesOf, Predictor, readModel } from "@cloze/core";
import type { ModelDescription } from "@cloze/core";
import { adapterGraph, GIVEN } from "../adapter.ts";
import { readText } from "../files/files.ts";
import { NodeFiles } from "../files/node.ts";
import { FixedRows } from "../fixed-rows.ts";
import { checkOperators, findWeights } from "../onnx/check.ts";
import { toOnnx } from "../onnx/emit.ts";
import { readOnnx } from "../onnx/read.ts";
import { bindModel } from "../signature.ts";
import type { Signature } from "../signature.ts";
import { deviceOf } from "./device.ts";
import type { NodeDevice } from "./device.ts";
import { countThreads, NodeSession } from "./session.ts";

/** An `.onnx` file, read and bound; no weight is read. */
export interface OnnxModel extends ModelDescription {
  /** Where it lies. */
  readonly path: string;
  readonly name: string;
  /** The files beside it that hold weights; none where it has them all itself. */
  readonly weights: readonly string[];
  readonly signature: Signature;
}

/** How an `.onnx` file runs. */
interface OnnxOptions {
  /** Threads of one run; by default one a core, and at most 8. */
  readonly threads?: number | undefined;
  readonly device?: NodeDevice | "auto" | undefined;
}

/**
 * Loads an `.onnx` file. Its config.json and tokenizer lie beside it, or in the folder above, as in the hub's `onnx/`.
 *
 * @throws ClozeError `not-found`, `invalid-model`, `invalid-vocabulary`, `unsupported` for what is no BERT.
 *
 * @example
 * await using bert = await loadOnnx("models/moods/onnx/model_quantized.onnx");
 * const { label } = await bert.classify("a warm , funny film");
 */
export async function loadOnnx(file: string, { threads, device }: OnnxOptions = {}): Promise<Predictor> {
  const model = await openOnnx(file);
  const { signature, config, plugins } = model;
  const folder = path.dirname(model.path);
  const adapter = adapterGraph(config, plugins, signature);
  const given = namesOf(adapter.inputs).filter((name) => name.startsWith(GIVEN));
  const outputs = [...adapter.outputs.keys()];
  const session = await NodeSession.create(
    {
      model: model.path,
      folder,
      linked: model.weights.filter((name) => lstatSync(path.join(folder, name)).isSymbolicLink()),
      threads: countThreads(threads),
      device: deviceOf({ device }),
      binding: signature,
      heads: [
        {
          model: toOnnx(adapter, new Map()),
          reads: given.map((name) => name.slice(GIVEN.length)),
          prefix: GIVEN,
          outputs,
        },
      ],
    },
    {
      outputs,
      maxLength: config.maxPositions,
      padding: signature.length !== undefined ? "full" : signature.masked ? undefined : "none",
    },
  );
  return new Predictor({
    ...model,
    session:
      signature.rows === undefined ? session : new FixedRows(session, signature.rows, config.maxPositions),
  });
}

/**
 * Reads and binds an `.onnx` file without loading it.
 *
 * @throws ClozeError as `loadOnnx`.
 * @example
 * const { signature, plugins } = await openOnnx("models/moods/onnx/model_quantized.onnx");
 * signature.outputs.has("logits"); // true
 */
export async function openOnnx(file: string): Promise<OnnxModel> {
  const location = path.resolve(file);
  const folder = new NodeFiles(path.dirname(location));
  const name = path.basename(location);
  const found = await stat(location).catch(() => undefined);
  if (!found?.isFile()) throw new ClozeError("not-found", `There is no file ${location}.`);
  const structure = await readOnnx(folder, name, found.size);
  checkOperators(structure);
  const weights = await findWeights(folder, structure);
  const read = await readerBeside(folder.location);
  const { signature, config } = bindModel(structure, await read("config.json"));
  const model = readModel({ config, plugins: [], ...(await gatherTokenizerFiles(read)) });
  const maxPositions = signature.length ?? model.config.maxPositions;
  return { ...model, config: { ...model.config, maxPositions }, path: location, name, weights, signature };
}

/** Reads the small files of the model's folder or, where that has none of them, of the one above. */
async function readerBeside(folder: string): Promise<(name: string) => Promise<string | undefined>> {
  for (const home of [folder, path.dirname(folder)]) {
    const files = new NodeFiles(home);
    const { files: names } = await files.list();
    if (["config.json", "vocab.txt", "tokenizer.json"].some((name) => names.has(name)))
      return async (name) => (names.has(name) ? await readText(files, name) : undefined);
  }
  return async () => undefined;
}
