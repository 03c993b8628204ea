/** `cloze inspect`: what a model is made of and what it costs, or what a preset of the papers would. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { BertConfig, ParameterCount } from "@cloze/core";
import type { FolderAbout, HeadAbout, Sizes, Tensor } from "../inspection.ts";
import type { Io } from "../io.ts";
import { positive, shared } from "../options.ts";
import { fit, grouped, size, table } from "../style.ts";
import type { Style } from "../style.ts";

const presetNames = ["tiny", "mini", "small", "medium", "base", "large"] as const;

/** What the papers say: BASE and LARGE in section 3 of Devlin et al. (2018), the rest in Turc et al. (2019). */
const papers = { tiny: "4.4M", mini: "11.3M", small: "29.1M", medium: "41.7M", base: "110M", large: "340M" };

export function addInspect(program: Command, io: Io): void {
  program
    .command("inspect")
    .description("show what a model is made of, and what it costs")
    .argument(
      "[model]",
      "a model's folder, its name on the hub or an .onnx file (default: the starter model)",
    )
    .addOption(new Option("--preset <name>", "a configuration of the papers instead").choices(presetNames))
    .option("--tensors", "list every parameter with its shape and type")
    .option("--length <n>", "tokens of a text, for the operations on each (default: 128)", positive)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Operations are multiplications and additions; memory is that of the weights, in int8 and int4 as export stores them.

Examples:
  $ cloze inspect
  $ cloze inspect models/my-bert --tensors
  $ cloze inspect models/my-bert/onnx/model.onnx
  $ cloze inspect --preset base --length 512 --json`,
    )
    .action(async (model, options) => {
      const { ClozeError, presets } = await import("@cloze/core");
      const inspection = await import("../inspection.ts");
      const { printOne } = await import("../output.ts");
      const { preset, length, tensors: listed = false } = options;
      if (preset !== undefined) {
        if (model !== undefined)
          throw new ClozeError("invalid-option", "Give a model or --preset, not both.", { field: "preset" });
        const { tensors, ...sizes } = inspection.inspectConfig(presets[preset], length);
        const about = { name: preset, paper: papers[preset], ...sizes, ...(listed && { tensors }) };
        await printOne(about, (style) => presetText(about, style), options, io);
        return;
      }
      const { openFolder, openOnnx } = await import("@cloze/runtime/node");
      const { modelFolder, modelName } = await import("../model.ts");
      if (model?.endsWith(".onnx")) {
        if (listed)
          throw new ClozeError("invalid-option", "--tensors lists what a model folder has: give one.", {
            field: "tensors",
          });
        const about = { name: model, ...(await inspection.inspectOnnx(await openOnnx(model), length)) };
        await printOne(about, (style) => onnxText(about, style), options, io);
        return;
      }
      const folder = await openFolder(modelFolder(model));
      const { tensors, ...parts } = inspection.inspectFolder(folder, length);
      const { architecture, files } = folder;
      const name = modelName(model);
      const about = { name, path: files.location, architecture, ...parts, ...(listed && { tensors }) };
      await printOne(about, (style) => modelText(about, style), options, io);
    });
}

interface Named {
  readonly name: string;
  readonly architecture: string;
}

type ModelAbout = Named & Omit<FolderAbout, "tensors"> & { readonly tensors?: readonly Tensor[] };

function modelText(about: ModelAbout, style: Style): string {
  const { weights, plugins, tensors } = about;
  const stored = weights.map(
    ({ dtype, tensors: count, bytes }) =>
      `${size(bytes)} of ${dtype} in ${count} ${count === 1 ? "tensor" : "tensors"}`,
  );
  return [
    `${style.bold(about.name)}  ${style.dim(about.architecture)}`,
    sizesText(about.config),
    "",
    partsText(about.config, about.parameters, style),
    "",
    `Weights    ${stored.join(", ")}`,
    memoryText(about),
    flopsText(about),
    "",
    headsText(plugins, style),
    ...(tensors ? ["", tensorsText(tensors, style)] : []),
  ].join("\n");
}

interface PresetAbout extends Sizes {
  readonly name: string;
  readonly paper: string;
  readonly tensors?: readonly Tensor[];
}

function presetText(about: PresetAbout, style: Style): string {
  const { name, paper, config, parameters, tensors } = about;
  return [
    `${style.bold(`BERT ${name}`)}  ${style.dim(`${grouped(parameters.total)} parameters; the paper says ${paper}`)}`,
    sizesText(config),
    "",
    partsText(config, parameters, style),
    "",
    memoryText(about),
    flopsText(about),
    ...(tensors ? ["", tensorsText(tensors, style)] : []),
  ].join("\n");
}

type OnnxAbout = Named &
  Omit<Sizes, "memory" | "parameters"> & {
    readonly bytes: number;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly plugins: readonly Pick<HeadAbout, "name" | "kind" | "features" | "labels">[];
  };

function onnxText(about: OnnxAbout, style: Style): string {
  const heads = about.plugins.map(({ name, kind, features, labels }) => [
    `  ${name}`,
    kind,
    features,
    fit(labels.join(" "), 48),
  ]);
  return [
    `${style.bold(about.name)}  ${style.dim(about.architecture)}`,
    sizesText(about.config),
    "",
    `File       ${size(about.bytes)}`,
    flopsText(about),
    `Inputs     ${about.inputs.join(", ")}`,
    `Outputs    ${about.outputs.join(", ")}`,
    "",
    heads.length === 0 ? "Heads      none" : [style.bold("Heads"), ...table(heads)].join("\n"),
  ].join("\n");
}

function sizesText(config: BertConfig): string {
  const {
    layers: L,
    hiddenSize: H,
    heads: A,
    intermediateSize: I,
    vocabularySize: V,
    maxPositions: P,
  } = config;
  return `L=${L} layers  H=${H} hidden  A=${A} heads  I=${I} feed-forward  V=${V} pieces  P=${P} positions`;
}

function partsText(config: BertConfig, count: ParameterCount, style: Style): string {
  const usual = config.intermediateSize === 4 * config.hiddenSize;
  const rows = [
    ["word embeddings", "V·H", count.wordEmbeddings],
    ["position embeddings", "P·H", count.positionEmbeddings],
    ["segment embeddings", `${config.segmentTypes}·H`, count.segmentEmbeddings],
    ["encoder weights", usual ? "L·12·H²" : "L·(4·H² + 2·H·I)", count.encoderWeights],
    ["encoder biases", usual ? "L·9·H" : "L·(5·H + I)", count.biases],
    ["layer norms", "(2·L + 1)·2·H", count.layerNorms],
    ...(count.pooler === 0 ? [] : [["pooler", "H² + H", count.pooler] as const]),
    ["total", "", count.total],
  ] as const;
  const lines = table(
    rows.map(([part, formula, value]) => [`  ${part}`, formula, grouped(value)]),
    [2],
  );
  return [style.bold("Parameters"), ...lines.slice(0, -1), style.bold(lines[lines.length - 1])].join("\n");
}

function memoryText({ memory }: Pick<Sizes, "memory">): string {
  const each = Object.entries(memory).map(([precision, bytes]) => `${size(bytes)} in ${precision}`);
  return `In memory  ${each.join(", ")}`;
}

function flopsText({ flops: { length, perToken, perText } }: Pick<Sizes, "flops">): string {
  const { linear, attention, total } = perToken;
  return [
    `Operations ${operations(total)} a token at length ${length}: ${operations(linear)} in matrices, ` +
      `${operations(attention)} in attention`,
    `           ${operations(perText)} a text of ${length} tokens`,
  ].join("\n");
}

function headsText(heads: readonly HeadAbout[], style: Style): string {
  if (heads.length === 0) return "Heads      none";
  const rows = heads.map(({ name, kind, features, parameters, flops, missing = [], labels }) => [
    `  ${name}`,
    kind,
    features,
    `${grouped(parameters)} parameters`,
    operations(flops),
    missing.length === 0 ? "runs" : lacks(missing),
    fit(labels.join(" "), 48),
  ]);
  const title = `${style.bold("Heads")}      ${style.dim("with operations on one token, mask or text")}`;
  return [title, ...table(rows, [3, 4])].join("\n");
}

function lacks([first, ...more]: readonly string[]): string {
  return `lacks ${first}${more.length === 0 ? "" : ` and ${more.length} more`}`;
}

function tensorsText(tensors: readonly Tensor[], style: Style): string {
  const rows = tensors.map(({ name, shape, dtype = "", used = true }) => [
    `  ${name}`,
    shape.map(grouped).join(" × "),
    dtype,
    used ? "" : "not used",
  ]);
  return [style.bold("Tensors"), ...table(rows, [1])].join("\n");
}

/** Floating-point operations in the unit that people say. */
function operations(count: number): string {
  if (count < 1e6) return `${(count / 1e3).toFixed(1)} kFLOP`;
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MFLOP` : `${(count / 1e9).toFixed(2)} GFLOP`;
}
