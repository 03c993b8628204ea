/** `cloze finetune`: a model that does a task, from a pre-trained one and labelled examples. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { FinetunePlan, FinetuneResult, FrozenOptions } from "@cloze/train/recipes";
import type { Io } from "../io.ts";
import { decimal, notNegative, positive, shared, wholeNumber, words } from "../options.ts";
import { duration, grouped, size, table } from "../style.ts";

export function addFinetune(program: Command, io: Io): void {
  program
    .command("finetune")
    .description("train a model to do a task, on labelled examples")
    .option(
      "-m, --model <model>",
      "a model's folder, or a name on the hub (default, with --frozen: the starter model)",
    )
    .addOption(
      new Option("--task <task>", "what is learned")
        .choices(["classify", "regress", "squad", "tag", "choose"] as const)
        .makeOptionMandatory(),
    )
    .requiredOption("--train <file>", "examples to learn from")
    .requiredOption("--dev <file>", "examples to measure on, after each epoch")
    .requiredOption("-o, --out <folder>", "where the model will be, and the run until then")
    .option("--columns <names>", "of a table: text,label or text_a,text_b,label", words)
    .option("--multi-label", "let a text have several labels, with | between (classify)")
    .addOption(
      new Option("--scheme <scheme>", "how labels of words are written (tag; default: found out)").choices([
        "IOB1",
        "IOB2",
        "BIOES",
      ] as const),
    )
    .option("--frozen", "train a head alone, on features that are computed once: a plugin, in seconds")
    .addOption(
      new Option(
        "--features <which>",
        "what the head reads of each text (with --frozen; default: last-four)",
      ).choices(["pooler", "mean", "cls", "last-four", "hidden"] as const),
    )
    .option("--name <name>", "the plugin's name (with --frozen; default: the folder's)")
    .option("--title <title>", "the plugin's title (with --frozen)")
    .option("--limit <n>", "use the first rows of both files alone", positive)
    .option("--epochs <n>", "how often all examples are seen (default: 3)", decimal)
    .option("--batch <n>", "examples of an update (default: 32)", positive)
    .option("--rate <rate>", "the highest learning rate (default: 5e-5)", decimal)
    .addOption(
      new Option("--optimizer <name>", "bertAdam: the original's, without bias correction").choices([
        "adamW",
        "bertAdam",
      ] as const),
    )
    .option(
      "--warmup <n>",
      "how long the rate rises: a share of the updates, or their number (default: 0.1)",
      notNegative,
    )
    .option("--weight-decay <rate>", "how fast weights decay (default: 0.01)", notNegative)
    .option("--clip <norm>", "the most that the norm of the gradients may be (default: 1)", decimal)
    .option("--dropout <rate>", "in place of the model's own", notNegative)
    .option("--layer-decay <factor>", "by what the rate falls from each layer to the one below", decimal)
    .option("--patience <n>", "end after so many epochs without gain", positive)
    .option("--class-weights <which>", "balanced, or a JSON file with a number by label")
    .option("--label-smoothing <share>", "how much of a label is spread over all", notNegative)
    .option("--max-length <n>", "tokens of an example (default: the model's; squad: 384)", positive)
    .option("--overlap <n>", "tokens that windows share (squad, tag; default: 128)", wholeNumber)
    .option("--metric <name>", "what says which epoch is the best, such as matthews")
    .option("--seed <n>", "of all that is drawn", wholeNumber, 1)
    .option("--seeds <n>", "train with so many seeds, and keep the best", positive)
    .option("--save-every <n>", "after how many steps a checkpoint is kept", positive, 500)
    .option("--resume", "go on with the run in the folder")
    .option("--micro-tokens <n>", "tokens that are computed at once: few stay in the caches", positive, 1024)
    .addOption(
      new Option("--device <device>", "where it runs")
        .choices(["cpu", "webgpu"] as const)
        .default("cpu" as const),
    )
    .addOption(new Option("--threads <n>", "threads (default: one a core)").argParser(positive))
    .option("--dry-run", "tell sizes, speed and time by a trial, and do nothing")
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
Files: classify and regress: TSV, CSV or JSON Lines; squad: SQuAD's JSON; tag: CoNLL, a word and its label a line; choose:
JSON Lines or CSV. The same command gives the same model.safetensors, killed and resumed or not. Ctrl-C ends the step
and saves.

Examples:
  $ cloze finetune --model models/mini --task classify --train train.tsv --dev dev.tsv --out models/moods
  $ cloze finetune --model models/mini --task classify --train cola.tsv --dev dev.tsv --metric matthews --seeds 5 --out models/cola
  $ cloze finetune --model models/mini --task regress --train sts.tsv --dev dev.tsv --columns text_a,text_b,score --out models/sts
  $ cloze finetune --model models/mini --task squad --train train-v2.0.json --dev dev-v2.0.json --epochs 2 --out models/answers
  $ cloze finetune --model models/mini --task tag --train train.conll --dev dev.conll --out models/names
  $ cloze finetune --model models/mini --task choose --train train.jsonl --dev dev.jsonl --out models/choices`,
    )
    .action(async ({ model, classWeights, dryRun, json, format, ...rest }) => {
      const { finetune, planFinetuning } = await import("@cloze/train/recipes");
      const { interruptible, typed } = await import("../interruption.ts");
      const { localFolder } = await import("../model.ts");
      const { printOne } = await import("../output.ts");
      const { Progress } = await import("../progress.ts");
      const { TrainingProgress } = await import("../training-progress.ts");
      await checkFrozen({ ...rest, model }, dryRun);
      const progress = new TrainingProgress(io);
      let reading: InstanceType<typeof Progress> | undefined;
      const options: FrozenOptions = {
        ...rest,
        model: model !== undefined && /\.onnx$/i.test(model) ? model : await localFolder(model),
        classWeights: classWeights === undefined ? undefined : await readWeights(classWeights),
        command: typed(program.args),
        onFeatures: ({ done, total }) => {
          reading ??= new Progress(total, "texts read", io);
          void reading.show(done);
        },
        onProgress: (report) => progress.showStep(report),
        onEvaluation: (step, metrics, seed) =>
          progress.say(
            `Step ${grouped(step)}${rest.seeds === undefined ? "" : `, seed ${seed}`}: ${told(metrics)}`,
          ),
        onWarning: (message) => progress.say(message),
      };
      if (dryRun) {
        const plan = await planFinetuning(options);
        return printOne(plan, () => planText(plan), { json, format }, io);
      }
      const result = await interruptible(program.args, io, (signal) =>
        finetune({ ...options, signal }).finally(() => progress.end()),
      );
      await printOne(result, () => resultText(result, rest.frozen), { json, format }, io);
    });
}

/** Refuses what is for a head alone without `--frozen`, and a trial of what takes seconds. */
async function checkFrozen(
  {
    model,
    frozen,
    features,
    name,
    title,
  }: Omit<FrozenOptions, "model"> & { readonly model: string | undefined },
  dryRun: boolean | undefined,
): Promise<void> {
  const { ClozeError } = await import("@cloze/core");
  if (!frozen && model === undefined)
    throw new ClozeError(
      "invalid-option",
      "Say which model is trained: --model, a folder or a name on the hub.",
      {
        field: "model",
      },
    );
  const only = Object.entries({ features, name, title }).find(([, value]) => value !== undefined);
  if (!frozen && only !== undefined)
    throw new ClozeError("invalid-option", `--${only[0]} is for --frozen: add that, or leave it out.`, {
      field: only[0],
    });
  if (frozen && dryRun)
    throw new ClozeError("invalid-option", "--frozen takes seconds: leave --dry-run out.", {
      field: "dry-run",
    });
}

/** Numbers by label. What they may be is seen to where the labels are known. */
async function readWeights(which: string): Promise<FrozenOptions["classWeights"]> {
  if (which === "balanced") return which;
  const { ClozeError } = await import("@cloze/core");
  const { readNamed } = await import("../input.ts");
  try {
    const weights: unknown = JSON.parse((await readNamed(which)).replace(/^\uFEFF/, ""));
    if (typeof weights === "object" && weights !== null && !Array.isArray(weights))
      return weights as Readonly<Record<string, number>>;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new ClozeError("invalid-option", `${which} should hold a JSON object with a number by label.`, {
    field: "class-weights",
  });
}

function told(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .slice(0, 6)
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join(", ");
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function resultText(
  { out, metric, best, seeds, spread, leftOut, tokensPerSecond }: FinetuneResult,
  frozen = false,
): string {
  const { low, high } = best.interval;
  const lines = [
    `${out}: ${metric} ${figure(best.metrics[metric])} (95 %: ${figure(low)} to ${figure(high)}), ` +
      `after ${frozen ? "epoch" : "step"} ${grouped(best.bestAt)} of ${grouped(best.steps)}${best.stoppedEarly ? ", ended early" : ""}.`,
    told(best.metrics),
  ];
  if (seeds.length > 1)
    lines.push(
      `${seeds.length} seeds: ${figure(spread.mean)} ± ${figure(spread.deviation)} ` +
        `(${figure(spread.min)} to ${figure(spread.max)}); the best is seed ${best.seed}.`,
    );
  if (leftOut > 0) lines.push(`${grouped(leftOut)} examples were left out.`);
  if (tokensPerSecond > 0)
    lines.push(`${grouped(Math.round(tokensPerSecond))} tokens/s in ${frozen ? "reading" : "training"}.`);
  lines.push(`How it went: ${out}/report.html`);
  return lines.join("\n");
}

function planText(plan: FinetunePlan): string {
  const { parameters, stateBytes, peak, examples, tokens, steps } = plan;
  const { tokensPerSecond, secondsPerStep, seconds, share } = plan;
  return table([
    ["parameters", grouped(parameters)],
    ["memory", `${size(stateBytes)} of weights, gradients and moments`],
    [
      "machine's peak",
      `${(peak / 1e9).toFixed(0)} GFLOP/s, of which the trial reached ${(100 * share).toFixed(1)} %`,
    ],
    ["examples", `${grouped(examples)}, ${grouped(tokens)} tokens an epoch`],
    ["speed", `${grouped(Math.round(tokensPerSecond))} tokens/s, ${secondsPerStep.toPrecision(3)} s a step`],
    ["time", `${grouped(steps)} steps, ${duration(seconds)}`],
  ]).join("\n");
}
