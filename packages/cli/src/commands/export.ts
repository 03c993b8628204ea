/** `cloze export`: a model for other tools, in ONNX: to be run, to be served by NVIDIA Triton, or to be trained. */
import { access } from "node:fs/promises";
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { TritonOptions, Verification } from "@cloze/runtime/node";
import type { Io } from "../io.ts";
import { notNegative, positive, shared, words } from "../options.ts";
import type { FormatOptions } from "../options.ts";
import { size } from "../style.ts";

export function addExport(program: Command, io: Io): void {
  program
    .command("export")
    .description(
      "write a model for transformers.js, optimum and onnxruntime, for NVIDIA Triton, or its training for torchrun",
    )
    .addOption(shared.model)
    .option("--onnx", "as ONNX, in a folder as the hub keeps them")
    .option("--triton", "as a model repository of NVIDIA Triton, with all heads")
    .option("--training", "losses and gradients as ONNX, with weights and step.json: for deploy/train/ddp.py")
    .requiredOption("-o, --out <folder>", "the folder to write, or to add a precision or a model to")
    .addOption(
      new Option("--precision <precision>", "what numbers are stored and computed in")
        .choices(["fp32", "fp16", "int8", "int4"] as const)
        .default("fp32" as const),
    )
    .option(
      "-p, --plugin <name>",
      "which head; none: hidden states; pretraining: both heads (default: the first)",
    )
    .option("--verify", "measure how far it is from float32, and refuse it if too far")
    .option("--limit <share>", "the share of the logits' range by which one may differ", notNegative)
    .option("--data <file>", "a data set to measure both on, as evaluate reads it")
    .addOption(
      new Option("--task <task>", "what the data is of").choices([
        "squad",
        "classify",
        "regress",
        "tag",
        "choose",
      ] as const),
    )
    .option("--columns <names>", "TSV columns, as of evaluate", words)
    .option("--dropout <rate>", "of the training, in place of the model's own", notNegative)
    .option("--name <name>", "what Triton calls the model (default: as its folder)")
    .addOption(
      new Option("--device <device>", "what Triton runs it on: gpu, or cpu").choices(["gpu", "cpu"] as const),
    )
    .option("--instances <n>", "how many run side by side in Triton, on each GPU (default: 1)", positive)
    .option("--max-batch <rows>", "the most rows of one run in Triton (default: 64)", positive)
    .option("--delay <ms>", "how long a request waits for company in Triton (default: 1)", notNegative)
    .option("--tensorrt", "let Triton run the encoder in TensorRT, in half precision")
    .option("--force", "write it though it is too far from float32")
    .option("--dry-run", "say what would be written, and write nothing")
    .addOption(shared.threads)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Several precisions of one head share a folder: export each into it.

Examples:
  $ cloze export --onnx --plugin sentiment --precision int8 --verify --out sentiment-onnx
  $ cloze export --onnx --model models/my-bert --precision int4 --dry-run --out my-bert-onnx
  $ cloze export --onnx --plugin sentiment --precision int4 --verify --task classify --data dev.tsv --out sentiment-onnx
  $ cloze export --triton --model models/my-bert --precision fp16 --out repository
  $ cloze export --training --model models/my-bert --out my-bert-step`,
    )
    .action(async ({ model, out, precision, plugin, dryRun, dropout, ...options }) => {
      const form = await formOf({ plugin, dropout, dryRun, precision, ...options });
      await expectTogether(options);
      await expectFolder(model);
      if (form === "training") return exportStep({ model, out, plugin, dropout }, options, io);
      if (form === "triton") return exportRepository({ model, out, dryRun, precision }, options, io);
      const { exportModel, openFolder, planExport } = await import("@cloze/runtime/node");
      const { modelFolder, modelName } = await import("../model.ts");
      const { printOne } = await import("../output.ts");
      const { expectTask, percent, verify } = await import("../verification.ts");
      const folder = { ...(await openFolder(modelFolder(model))), name: modelName(model) };
      const { face, file, bytes } = planExport(folder, { plugin, precision });
      expectTask(face, options.task);
      let verification: Verification | undefined;
      if (!dryRun) {
        const record = await exportModel(folder, out, {
          plugin,
          precision,
          ...(options.verify && { verify: (made, plan) => verify(folder, made, plan, options, io) }),
        });
        ({ verification } = record.files[file]);
      }
      const { architecture, task, name } = face;
      const written = { out, file, precision, bytes, plugin: name, architecture, task, verification };
      const what = `${out}/${file}: ${architecture}${name === "none" ? "" : ` with ${name}`}, ${precision}, ${size(bytes)}`;
      await printOne(
        dryRun ? { ...written, dryRun } : written,
        () => [dryRun ? `${what} (nothing was written)` : what, ...lines(verification, percent)].join("\n"),
        options,
        io,
      );
    });
}

/** A model's training: losses and gradients for a loop elsewhere. */
async function exportStep(
  {
    model,
    out,
    plugin,
    dropout,
  }: Readonly<Record<"model" | "plugin", string | undefined>> & {
    readonly out: string;
    readonly dropout: number | undefined;
  },
  options: FormatOptions,
  io: Io,
): Promise<void> {
  const { openFolder } = await import("@cloze/runtime/node");
  const { exportTraining } = await import("@cloze/train/recipes");
  const { modelFolder } = await import("../model.ts");
  const { printOne } = await import("../output.ts");
  const step = await exportTraining(await openFolder(modelFolder(model)), out, { plugin, dropout });
  const { losses, parameters } = step;
  const written = { out, losses, parameters: parameters.length, batch: step.batch };
  const what = `${out}/step.json: ${losses.join(" + ")}, ${parameters.length} parameters`;
  await printOne(written, () => what, options, io);
}

/** A repository for Triton, or what it would be. */
async function exportRepository(
  {
    model,
    out,
    dryRun,
    precision,
  }: {
    readonly model: string | undefined;
    readonly out: string;
    readonly dryRun: true | undefined;
  } & Pick<TritonOptions, "precision">,
  options: FormatOptions & Omit<TritonOptions, "delayMs"> & { readonly delay?: number | undefined },
  io: Io,
): Promise<void> {
  const { exportTriton, openFolder, planTriton } = await import("@cloze/runtime/node");
  const { modelFolder, modelName } = await import("../model.ts");
  const { printOne } = await import("../output.ts");
  const folder = { ...(await openFolder(modelFolder(model))), name: modelName(model) };
  const serving = { ...options, precision, delayMs: options.delay };
  const plan = dryRun ? planTriton(folder, serving) : await exportTriton(folder, out, serving);
  const { name, models, outputs, bytes } = plan;
  const what = `${out}/${name}: an ensemble of ${models.join(" and ")}, ${precision}, ${size(bytes)}`;
  await printOne(
    { out, name, models, outputs, precision, bytes, ...(dryRun && { dryRun }) },
    () => (dryRun ? `${what} (nothing was written)` : what),
    options,
    io,
  );
}

const forms = ["onnx", "triton", "training"] as const;

/** Which forms an option is of, where it is not of all. */
const formsOf: Readonly<Record<string, readonly (typeof forms)[number][]>> = {
  precision: ["onnx", "triton"],
  dryRun: ["onnx", "triton"],
  plugin: ["onnx", "training"],
  verify: ["onnx"],
  dropout: ["training"],
  ...Object.fromEntries(
    ["name", "device", "instances", "maxBatch", "delay", "tensorrt"].map((option) => [option, ["triton"]]),
  ),
};

/** The form that is asked for; refuses options that are of another. */
async function formOf(asked: Readonly<Record<string, unknown>>): Promise<(typeof forms)[number]> {
  const { ClozeError } = await import("@cloze/core");
  const [form, ...more] = forms.filter((one) => asked[one] === true);
  if (form === undefined || more.length > 0)
    throw new ClozeError("invalid-option", "Say what is written: --onnx, --triton or --training.", {
      field: "onnx",
    });
  const other = Object.keys(formsOf).find(
    (option) => isGiven(option, asked[option]) && !formsOf[option].includes(form),
  );
  if (other === undefined) return form;
  const flag = other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new ClozeError("invalid-option", `--${flag} does not go with --${form}: leave it out.`, {
    field: flag,
  });
}

/** A precision has a default, which no form minds. */
function isGiven(option: string, value: unknown): boolean {
  return value !== undefined && !(option === "precision" && value === "fp32");
}

/** An .onnx file holds one head, and weights that may have lost bits. */
async function expectFolder(model: string | undefined): Promise<void> {
  if (!model?.endsWith(".onnx")) return;
  const { ClozeError } = await import("@cloze/core");
  throw new ClozeError(
    "unsupported",
    `${model} is exported already: give the folder with the weights that it was made of.`,
    { field: "model" },
  );
}

interface Measured {
  readonly verify?: true | undefined;
  readonly limit?: number | undefined;
  readonly data?: string | undefined;
  readonly task?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly force?: true | undefined;
}

/** Refuses options without those that they go with, and a data set that cannot be read. */
async function expectTogether(options: Measured): Promise<void> {
  const { ClozeError } = await import("@cloze/core");
  const needs = { limit: "verify", data: "verify", force: "verify", task: "data", columns: "data" } as const;
  const alone = (Object.keys(needs) as (keyof typeof needs)[]).find(
    (option) => options[option] !== undefined && options[needs[option]] === undefined,
  );
  if (alone !== undefined)
    throw new ClozeError("invalid-option", `--${alone} goes with --${needs[alone]}: give both.`, {
      field: alone,
    });
  if (options.data !== undefined && options.task === undefined)
    throw new ClozeError("invalid-option", "--data needs --task, which says what it is of.", {
      field: "task",
    });
  const { unreadable } = await import("../input.ts");
  const { data } = options;
  if (data !== undefined)
    await access(data).catch((cause: unknown) => {
      throw unreadable(data, cause);
    });
}

function lines(verification: Verification | undefined, percent: (share: number) => string): string[] {
  if (!verification) return [];
  const { difference, share, limit, texts, agreement, metric } = verification;
  return [
    `largest difference  ${difference.toPrecision(3)}, ${percent(share)} of the logits' range (limit ${percent(limit)}), on ${texts} texts`,
    ...(agreement === undefined ? [] : [`same answers        ${percent(agreement)}`]),
    ...(metric
      ? [`${metric.name.padEnd(20)}${metric.exported.toFixed(4)}, float32 ${metric.fp32.toFixed(4)}`]
      : []),
  ];
}
