/** `cloze inspect`: what a model is made of, or how many parameters a preset of the papers has. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { BertConfig, ParameterCount, Plugin } from "@cloze/core";
import type { ModelFolder } from "@cloze/runtime/node";
import type { Io } from "../io.ts";
import { shared } from "../options.ts";
import { fit, grouped, size, table } from "../style.ts";
import type { Style } from "../style.ts";

const presetNames = ["tiny", "mini", "small", "medium", "base", "large"] as const;

/** What the papers say: BASE and LARGE in section 3 of Devlin et al. (2018), the rest in Turc et al. (2019). */
const papers = { tiny: "4.4M", mini: "11.3M", small: "29.1M", medium: "41.7M", base: "110M", large: "340M" };

export function addInspect(program: Command, io: Io): void {
  program
    .command("inspect")
    .description("show what a model is made of")
    .argument("[model]", "a model's folder (default: the starter model)")
    .addOption(new Option("--preset <name>", "a configuration of the papers instead").choices(presetNames))
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Examples:
  $ cloze inspect
  $ cloze inspect models/my-bert --json
  $ cloze inspect --preset base`,
    )
    .action(async (model, options) => {
      const { ClozeError, findHead, parameterCount, presets } = await import("@cloze/core");
      const { printOne } = await import("../output.ts");
      const { preset } = options;
      if (preset !== undefined) {
        if (model !== undefined)
          throw new ClozeError("invalid-option", "Give a model or --preset, not both.", { field: "preset" });
        const config = presets[preset];
        const parameters = parameterCount(config);
        const paper = papers[preset];
        await printOne(
          { name: preset, config, parameters, paper },
          (style) => `${presetText(preset, config, parameters, style)}\n\n${memoryText(parameters.total)}`,
          options,
          io,
        );
        return;
      }
      const { openFolder } = await import("@cloze/runtime/node");
      const { modelFolder, modelName } = await import("../model.ts");
      const folder = await openFolder(modelFolder(model));
      const parameters = withoutPooler(parameterCount(folder.config), folder);
      const about = {
        name: modelName(model),
        path: folder.files.location,
        architecture: folder.architecture,
        config: folder.config,
        parameters,
        weights: weightsOf(folder),
        memory: { fp32: 4 * parameters.total, fp16: 2 * parameters.total },
        plugins: folder.plugins.map((plugin) => pluginOf(plugin, findHead(plugin.kind) !== undefined)),
      };
      await printOne(about, (style) => modelText(about, style), options, io);
    });
}

interface About {
  readonly name: string;
  readonly architecture: string;
  readonly config: BertConfig;
  readonly parameters: ParameterCount;
  readonly weights: readonly Stored[];
  readonly plugins: readonly ReturnType<typeof pluginOf>[];
}

interface Stored {
  readonly dtype: string;
  readonly tensors: number;
  readonly bytes: number;
}

/** An encoder may have been saved without its pooler. */
function withoutPooler(count: ParameterCount, { tensors }: ModelFolder): ParameterCount {
  if (tensors.has("bert.pooler.dense.weight")) return count;
  return { ...count, pooler: 0, total: count.total - count.pooler };
}

function weightsOf({ tensors }: ModelFolder): Stored[] {
  const byType = new Map<string, { tensors: number; bytes: number }>();
  for (const { dtype, bytes } of tensors.values()) {
    const sum = byType.get(dtype) ?? { tensors: 0, bytes: 0 };
    byType.set(dtype, { tensors: sum.tensors + 1, bytes: sum.bytes + bytes });
  }
  return [...byType].map(([dtype, sum]) => ({ dtype, ...sum }));
}

function pluginOf({ name, title, kind, labels, features }: Plugin, runs: boolean) {
  return { name, title, kind, labels, features, runs };
}

function modelText(
  { name, architecture, config, parameters, weights, plugins }: About,
  style: Style,
): string {
  const stored = weights.map(
    ({ dtype, tensors, bytes }) => `${size(bytes)} of ${dtype} in ${tensors} tensors`,
  );
  const rows = plugins.map((plugin) => [
    `  ${plugin.name}`,
    plugin.kind,
    plugin.features,
    plugin.runs ? "runs" : "not yet run",
    fit(plugin.labels.join(" "), 48),
  ]);
  return [
    `${style.bold(name)}  ${style.dim(architecture)}`,
    sizesText(config),
    "",
    partsText(config, parameters, style),
    "",
    `Weights    ${stored.join(", ")}`,
    memoryText(parameters.total),
    "",
    rows.length === 0 ? "Heads      none" : [style.bold("Heads"), ...table(rows)].join("\n"),
  ].join("\n");
}

function presetText(
  name: (typeof presetNames)[number],
  config: BertConfig,
  parameters: ParameterCount,
  style: Style,
): string {
  return [
    `${style.bold(`BERT ${name}`)}  ${style.dim(`${grouped(parameters.total)} parameters; the paper says ${papers[name]}`)}`,
    sizesText(config),
    "",
    partsText(config, parameters, style),
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

function memoryText(parameters: number): string {
  return `In memory  ${size(4 * parameters)} at fp32, ${size(2 * parameters)} at fp16`;
}
