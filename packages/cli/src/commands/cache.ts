/** `cloze cache`: what the hub's cache holds of models, and taking one out of it. */
import type { Command } from "@commander-js/extra-typings";
import type { CachedModel } from "@cloze/runtime/node";
import type { Io } from "../io.ts";
import { shared } from "../options.ts";
import type { View } from "../output.ts";
import { size, table } from "../style.ts";

const examples = `
Examples:
  $ cloze cache
  $ cloze cache remove google-bert/bert-base-uncased --dry-run
  $ cd "$(cloze cache path)"`;

export function addCache(program: Command, io: Io): void {
  const cache = program
    .command("cache")
    .description("list and remove models that were fetched from the hub")
    .addHelpText("after", examples);
  cache
    .command("list", { isDefault: true })
    .description("list the models, whoever fetched them")
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText("after", examples)
    .action(async (options) => {
      const { cacheFolder, listCache } = await import("@cloze/runtime/node");
      const { Printer } = await import("../output.ts");
      const models = await listCache();
      const printer = new Printer(viewOf(models), options, io);
      for (const [i, model] of models.entries()) await printer.print(i, model);
      await printer.end();
      if (models.length === 0) await io.stderr.write(`No model is in ${cacheFolder()}.\n`);
    });
  cache
    .command("remove")
    .description("remove a model, with all of its revisions")
    .argument("<name>", "the model's name, such as google-bert/bert-base-uncased")
    .option("--dry-run", "remove nothing, and say what would be freed")
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText("after", examples)
    .action(async (name, { dryRun = false, ...format }) => {
      const { removeCached } = await import("@cloze/runtime/node");
      const { printOne } = await import("../output.ts");
      const { path, bytes } = await removeCached(name, { dryRun });
      await printOne(
        { name, path, bytes, removed: !dryRun },
        () => `${path} ${dryRun ? "would be" : "is"} removed: ${size(bytes)} freed`,
        format,
        io,
      );
    });
  cache
    .command("path")
    .description("print the folder that models are in")
    .addHelpText("after", examples)
    .action(async () => {
      const { cacheFolder } = await import("@cloze/runtime/node");
      await io.stdout.write(`${cacheFolder()}\n`);
    });
}

/** Lines for people have their columns aligned. */
function viewOf(models: readonly CachedModel[]): View<number, CachedModel> {
  const lines = table(
    models.map(({ name, commit, revisions, bytes, lastUsed }) => [
      name,
      commit === null ? "unfinished" : [commit.slice(0, 8), ...revisions].join(" "),
      size(bytes),
      `last used ${lastUsed.toISOString().slice(0, 10)}`,
    ]),
    [2],
  );
  return {
    columns: ["name", "commit", "revisions", "bytes", "last_used", "path"],
    row: ({ name, commit, revisions, bytes, lastUsed, path }) => [
      name,
      commit,
      revisions.join(" "),
      bytes,
      lastUsed.toISOString(),
      path,
    ],
    text: (_, i) => lines[i],
  };
}
