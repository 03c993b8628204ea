/**
 * The command line as a function: arguments and streams in, exit code out. What each command does is in `commands/`.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "@commander-js/extra-typings";
import { addAsk } from "./commands/ask.ts";
import { addCache } from "./commands/cache.ts";
import { addChoose } from "./commands/choose.ts";
import { addClassify } from "./commands/classify.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDeploy } from "./commands/deploy.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEmbed } from "./commands/embed.ts";
import { addEvaluate } from "./commands/evaluate.ts";
import { addExport } from "./commands/export.ts";
import { addFill } from "./commands/fill.ts";
import { addFinetune } from "./commands/finetune.ts";
import { addInspect } from "./commands/inspect.ts";
import { addNext } from "./commands/next.ts";
import { addPack } from "./commands/pack.ts";
import { addPretrain } from "./commands/pretrain.ts";
import { addPull } from "./commands/pull.ts";
import { addScore } from "./commands/score.ts";
import { addServe } from "./commands/serve.ts";
import { addSimilar } from "./commands/similar.ts";
import { addTag } from "./commands/tag.ts";
import { addTokenize } from "./commands/tokenize.ts";
import { addVocab } from "./commands/vocab.ts";
import { reportError } from "./errors.ts";
import type { Io } from "./io.ts";

/**
 * Runs one command.
 *
 * @returns The exit code: 0, 2 for a bad command line or bad input, 1 for a failure.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const written: Promise<void>[] = [];
  const program = new Command("cloze")
    .description("BERT on the command line.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "explain a command")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => written.push(io.stdout.write(text)),
      writeErr: () => {}, // reportError says it in one sentence
      getOutHelpWidth: () => Math.min(io.stdout.columns, 100),
    })
    .addHelpText(
      "after",
      `
Examples:
  $ cloze classify "a warm , funny and touching film"
  $ cloze ask "Who wrote it?" "The play was written by Anton Chekhov in 1896."
  $ cloze embed --input texts.jsonl --json > vectors.jsonl
  $ cloze serve`,
    );
  program.commandsGroup("Texts:");
  addClassify(program, io);
  addFill(program, io);
  addAsk(program, io);
  addTag(program, io);
  addChoose(program, io);
  addNext(program, io);
  addEmbed(program, io);
  addSimilar(program, io);
  addTokenize(program, io);
  program.commandsGroup("Models:");
  addInspect(program, io);
  addEvaluate(program, io);
  addScore(program, io);
  addVocab(program, io);
  addPack(program, io);
  addExport(program, io);
  addPull(program, io);
  addCache(program, io);
  program.commandsGroup("Training:");
  addPretrain(program, io);
  addFinetune(program, io);
  program.commandsGroup("Running:");
  addServe(program, io);
  addDeploy(program, io);
  addDoctor(program, io);
  addCompletion(program, io);
  program.helpCommand("help [command]", "explain a command");

  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    const asked = error instanceof CommanderError && error.exitCode === 0; // help and version
    if (!asked) await reportError(error, argv, io);
  }
  await Promise.all(written);
  return io.exitCode;
}

function version(): string {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}
