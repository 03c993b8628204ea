/**
 * Exports a model for NVIDIA Triton: a model repository that serves what `cloze serve` does, under the same names, so
 * that only an address changes.
 *
 * It is an ensemble. Triton's ONNX Runtime computes every output of a model for every request, takes no optional input
 * where it makes batches, and carries to the host what nobody asked for; an ensemble runs those of its models whose
 * outputs are asked for, and hands tensors on where they are. So the encoder with its heads is one model, each head on
 * masked words another, which reads the encoder's output, and the ensemble has the whole's name.
 */
import { ClozeError, MASKED_POSITIONS, namesOf } from "@cloze/core";
import type { Graph, Value } from "@cloze/core";
import { isUnused, StagedFolder } from "../files/staged.ts";
import { graphsOf } from "../folder.ts";
import type { ModelFolder } from "../folder.ts";
import { readTensor } from "../weights.ts";
import { emit } from "./emit.ts";
import type { Signature } from "./emit.ts";
import { expectPrecision, inTurn, layOut, precisions } from "./export.ts";
import type { Precision } from "./export.ts";
import { ensembleConfig, isVectors, onnxConfig } from "./triton-config.ts";
import type { Served, Serving, Step, TritonServing } from "./triton-config.ts";
import { lengthOf } from "./wire.ts";
import type { Part } from "./wire.ts";

export type { TritonServing } from "./triton-config.ts";

/** What of a model is exported for Triton, and how it is to be served. */
export interface TritonOptions extends TritonServing {
  /** What it is called there: by default as its folder. */
  readonly name?: string | undefined;
  readonly precision?: Precision | undefined;
  /** The size from which on weights are kept in a file beside the model. */
  readonly inlineLimit?: number | undefined;
}

/** What a repository will be. */
export interface TritonPlan {
  readonly name: string;
  readonly precision: Precision;
  /** Of everything. */
  readonly bytes: number;
  /** The models that ONNX Runtime runs; `name` is made of them. */
  readonly models: readonly string[];
  readonly outputs: readonly string[];
  /** What is written, by path; a folder is whole when its config.pbtxt is there. */
  readonly parts: ReadonlyMap<string, readonly Part[]>;
}

/**
 * Says what a repository for Triton will be, to the byte, and reads no weight.
 *
 * @throws ClozeError `invalid-option`, `invalid-model`, `unsupported` for a head that has the encoder's name.
 * @example
 * const { models } = planTriton(await openFolder("models/starter"));
 * models; // ["starter-encoder", "starter-masked-lm"]
 */
export function planTriton(folder: ModelFolder, options: TritonOptions = {}): TritonPlan {
  const { name = folder.name, precision = "fp32", inlineLimit } = options;
  expectPrecision(precision);
  if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name))
    throw new ClozeError(
      "invalid-option",
      `name should be of letters, digits, _ . and -, but is ${JSON.stringify(name)}.`,
      { field: "name" },
    );
  const serving: Serving = {
    ...options,
    device: options.device ?? "gpu",
    instances: count("instances", options.instances ?? 1),
    maxBatch: count("maxBatch", options.maxBatch ?? 64),
    delayMs: options.delayMs ?? 1,
  };
  if (!(serving.delayMs >= 0))
    throw new ClozeError("invalid-option", `delayMs should be 0 or more, but is ${serving.delayMs}.`, {
      field: "delayMs",
    });
  if (serving.tensorrt && serving.device === "cpu")
    throw new ClozeError("invalid-option", "TensorRT runs on GPUs: leave it out, or the device.", {
      field: "tensorrt",
    });

  const { model, heads } = graphsOf(folder);
  const { layers, maxPositions } = folder.config;
  // What a head reads is not what is given out, though it is the same: when nobody asks for a tensor that the ensemble
  // gives, Triton takes it for one that no other model reads either.
  const inner = `hidden.${layers}`;
  const given = [...model.outputs].filter(([output]) => !output.startsWith("hidden."));
  const encoder: Graph = {
    ...model,
    outputs: new Map(heads.length > 0 ? [...given, [inner, model.outputs.get(inner)!]] : given),
  };
  const graphs = new Map<string, Graph>([
    [`${name}-encoder`, encoder],
    ...heads.map((head) => [`${name}-${[...head.outputs.keys()][0]}`, head] as const),
  ]);
  if (graphs.size === heads.length)
    throw new ClozeError(
      "unsupported",
      `A head on masked words is named encoder, and ${name}-encoder is the encoder's own model: rename the plugin.`,
    );
  const steps = [...graphs].map(([called, graph]): Step => ({
    ...graph,
    name: called,
    ...(graph !== encoder && { renamed: { last_hidden_state: inner } }),
  }));
  const whole: Served = {
    name,
    inputs: [...model.inputs, ...heads.flatMap(({ inputs }) => inputs.filter(isPositions)).slice(0, 1)],
    outputs: new Map([...given, ...heads.flatMap(({ outputs }) => [...outputs])]),
  };

  const parts = new Map<string, readonly Part[]>();
  for (const [called, graph] of graphs) {
    const { compute, profile } = precisions[precision];
    const read = (tensor: Parameters<typeof readTensor>[1]) => readTensor(folder.files, tensor);
    const proto = emit(graph, folder.tensors, { signature: signatureOf(compute), profile, compute, read });
    for (const part of layOut(`${called}/1/model.onnx`, proto, inlineLimit)) parts.set(...part);
    parts.set(`${called}/config.pbtxt`, [
      text(onnxConfig({ ...graph, name: called }, serving, maxPositions)),
    ]);
  }
  // An ensemble's version is an empty folder, and those get lost in git and in object stores.
  parts.set(`${name}/1/ensemble.txt`, [text(`${[...graphs.keys()].join("\n")}\n`)]);
  // The encoder last: pruning counts an input of the whole that nobody reads as an output of the first step.
  const config = ensembleConfig(whole, steps.toReversed(), MASKED_POSITIONS, serving.maxBatch);
  parts.set(`${name}/config.pbtxt`, [text(config)]);
  const bytes = lengthOf([...parts.values()].flat());
  return { name, precision, bytes, models: [...graphs.keys()], outputs: [...whole.outputs.keys()], parts };
}

/**
 * Writes a model repository for Triton. It may be one that has other models.
 *
 * @returns What was written.
 * @throws ClozeError `invalid-option` for a model that is there, `unsupported` for weights that the precision cannot hold.
 * @example
 * const { name } = await exportTriton(await openFolder("models/my-bert"), "repository", { device: "cpu" });
 * name; // "my-bert": what CLOZE_SERVER_MODEL should be
 */
export async function exportTriton(
  folder: ModelFolder,
  to: string,
  options: TritonOptions = {},
): Promise<TritonPlan> {
  const plan = planTriton(folder, options);
  for (const name of [plan.name, ...plan.models])
    if (!(await isUnused(`${to}/${name}`)))
      throw new ClozeError("invalid-option", `${to}/${name} is there already: give another folder or name.`, {
        field: "out",
      });
  await using staged = await StagedFolder.create(to);
  for (const [name, content] of plan.parts) await staged.write(name, inTurn(content));
  await staged.commit([...plan.parts.keys()].filter((name) => name.endsWith(".pbtxt")));
  return plan;
}

/** int64 ids, places and masks; vectors and outputs in float32, whatever is computed in. */
function signatureOf(compute: "F32" | "F16"): Signature {
  return {
    input(e, name, value) {
      const vectors = isVectors(value);
      const same = value.type === "int32" || (vectors && compute === "F32");
      return {
        info: { name, type: vectors ? "F32" : "I64", dims: value.shape },
        read: same ? name : e.node("Cast", [name], { to: { F32: 1, F16: 10 }[compute] }),
      };
    },
    output: (e, name, { shape }, result) => ({
      info: { name, type: "F32", dims: shape },
      result: compute === "F32" ? result : e.node("Cast", [result], { to: 1 }),
    }),
  };
}

function isPositions(value: Value): boolean {
  return namesOf([value])[0] === MASKED_POSITIONS;
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function count(field: "instances" | "maxBatch", value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new ClozeError("invalid-option", `${field} should be a positive whole number, but is ${value}.`, {
    field,
  });
}
