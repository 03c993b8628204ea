/** `cloze pretrain`: a BERT from text files. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { PretrainOptions, PretrainPlan, PretrainResult } from "@cloze/train/recipes";
import type { Io } from "../io.ts";
import { decimal, notNegative, positive, shared, wholeNumber } from "../options.ts";
import { duration, grouped, size, table } from "../style.ts";

export function addPretrain(program: Command, io: Io): void {
  program
    .command("pretrain")
    .description("pre-train a BERT on text files, or go on with one")
    .requiredOption(
      "--corpus <file...>",
      "UTF-8 texts, a blank line between documents; patterns in quotes; .gz is unpacked",
    )
    .requiredOption("-o, --out <folder>", "where the model will be, and the run until then")
    .requiredOption("--steps <n>", "updates in all", positive)
    .option("--vocab <file>", "the vocab.txt; not needed with --from")
    .option("--cased", "keep case and accents: for a vocabulary that has them")
    .option("--preset <name>", "tiny, mini, small, medium, base or large (default: tiny)")
    .option("--config <file>", "sizes from a config.json instead")
    .option("--from <model>", "go on with a model's weights, on texts of a domain for instance")
    .addOption(
      new Option("--objective <objective>", "masked words and next sentence, masked words, or left to right")
        .choices(["mlm+nsp", "mlm", "ltr"] as const)
        .default("mlm+nsp" as const),
    )
    .option("--whole-word", "mask all pieces of a word or none")
    .addOption(new Option("--mask <which>", "rare: mask rare words more often").choices(["rare"] as const))
    .option("--batch <n>", "examples of an update", positive, 32)
    .option("--length <n>", "tokens of an example (default: 128, and 512 in the last steps)", positive)
    .option("--long-length <n>", "tokens of an example in the last steps", positive)
    .option("--long-share <share>", "the share of the steps that are long", notNegative, 0.1)
    .option("--rate <rate>", "the highest learning rate", decimal, 1e-4)
    .option(
      "--warmup <n>",
      "how long the rate rises: a share of the steps, or their number",
      notNegative,
      0.1,
    )
    .addOption(
      new Option("--optimizer <name>", "bertAdam: the original's, without bias correction")
        .choices(["adamW", "bertAdam"] as const)
        .default("adamW" as const),
    )
    .option("--weight-decay <rate>", "how fast weights decay", notNegative, 0.01)
    .option("--clip <norm>", "the most that the norm of the gradients may be", decimal, 1)
    .option(
      "--dropout <rate>",
      "of hidden states and attention (default: the configuration's, 0.1)",
      notNegative,
    )
    .option("--held-out <share>", "documents that are only measured on", notNegative, 0.01)
    .option(
      "--evaluate-every <n>",
      "after how many steps it is measured (default: as often as it is saved)",
      positive,
    )
    .option("--seed <n>", "of all that is drawn", wholeNumber, 1)
    .option("--save-every <n>", "after how many steps a checkpoint is kept", positive, 500)
    .option("--keep <n>", "how many checkpoints are kept", positive, 3)
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
The same command gives the same model.safetensors, killed and resumed or not. Ctrl-C ends the step and saves.

Examples:
  $ cloze pretrain --corpus "texts/*.txt.gz" --vocab vocab.txt --preset tiny --steps 20000 --out models/own
  $ cloze pretrain --corpus "texts/*.txt.gz" --vocab vocab.txt --preset tiny --steps 20000 --out models/own --resume
  $ cloze pretrain --corpus filings.txt --from models/starter --steps 2000 --rate 5e-5 --out models/finance
  $ cloze pretrain --corpus "texts/*.txt.gz" --vocab vocab.txt --preset base --steps 1000000 --out x --dry-run`,
    )
    .action(async ({ corpus, wholeWord, mask, dryRun, json, format, from, ...rest }) => {
      const { ClozeError } = await import("@cloze/core");
      const { planPretraining, pretrain, tellMetrics } = await import("@cloze/train/recipes");
      const { findFiles } = await import("../files.ts");
      const { interruptible, typed } = await import("../interruption.ts");
      const { localFolder } = await import("../model.ts");
      const { printOne } = await import("../output.ts");
      const { TrainingProgress } = await import("../training-progress.ts");
      if (wholeWord && mask !== undefined)
        throw new ClozeError(
          "invalid-option",
          "--mask rare masks whole words as it is: leave --whole-word out.",
          { field: "whole-word" },
        );
      const progress = new TrainingProgress(io);
      let entropy: number | undefined;
      const options: PretrainOptions = {
        ...rest,
        corpus: await findFiles(corpus, "corpus"),
        from: from === undefined ? undefined : await localFolder(from),
        masking: wholeWord ? "whole-word" : (mask ?? "pieces"),
        command: typed(program.args),
        onCorpus: (bytes, total) => progress.showBytes("tokenizing", bytes, total),
        onBegin: (begin) => {
          entropy = begin.unigramEntropy;
          const { parameters, documents, heldOut, tokens, drawn } = begin;
          progress.say(
            `${grouped(parameters)} parameters; ${grouped(tokens)} tokens in ${grouped(documents)} documents, ` +
              `${grouped(heldOut)} of them held out; unigram entropy ${entropy.toFixed(3)} nats.`,
          );
          if (drawn.length > 0) progress.say(`New, since the model lacks them: ${drawn.join(", ")}.`);
        },
        onProgress: (report) => progress.showStep(report),
        onEvaluation: (step, metrics) =>
          progress.say(`Step ${grouped(step)}, held out: ${tellMetrics(metrics, rest.objective, entropy)}`),
        onWarning: (message) => progress.say(message),
      };
      if (dryRun) {
        const plan = await planPretraining(options);
        return printOne(plan, () => planText(plan, options.steps), { json, format }, io);
      }
      const result = await interruptible(program.args, io, (signal) =>
        pretrain({ ...options, signal }).finally(() => progress.end()),
      );
      const { best, unigramEntropy } = result;
      const measured = best && tellMetrics(best.metrics, rest.objective, unigramEntropy);
      await printOne(result, () => resultText(result, measured), { json, format }, io);
    });
}

function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function resultText({ folder, steps, tokens, best }: PretrainResult, measured: string | undefined): string {
  const lines = [`${folder}: a model after ${grouped(steps)} steps, ${grouped(tokens)} tokens.`];
  if (best !== undefined) lines.push(`Held out, step ${grouped(best.steps)}: ${measured}.`);
  lines.push(`Try it: cloze fill --model ${folder} "…"; how it went: ${folder}/report.html`);
  return lines.join("\n");
}

function planText(plan: PretrainPlan, steps: number): string {
  const { parameters, stateBytes, trialBytes, peak, tokensPerSecond, secondsPerStep, seconds, tokens } = plan;
  return table([
    ["parameters", grouped(parameters)],
    ["memory", `${size(trialBytes)} in a trial, ${size(stateBytes)} of it weights, gradients and moments`],
    ["machine's peak", `${(peak / 1e9).toFixed(0)} GFLOP/s, of which the trial reached ${share(plan.share)}`],
    ["tokens", `${grouped(tokens)} in ${grouped(steps)} steps`],
    ["speed", `${grouped(Math.round(tokensPerSecond))} tokens/s, ${secondsPerStep.toPrecision(3)} s a step`],
    ["time", duration(seconds)],
  ]).join("\n");
}
