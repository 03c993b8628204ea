/**
 * Train Classifier From File…: labelled texts become a plugin on this machine, and with it a command.
 */
import * as vscode from "vscode";
import type { Command } from "../cloze.ts";
import { EPOCHS, FITS } from "../engine/epochs.ts";
import { Failure } from "../engine/failure.ts";
import { askToReplace, keepPlugin } from "../store/install.ts";
import { isPluginName, titleOf } from "../text/names.ts";
import { showCard } from "../views/cards.ts";
import { during } from "./during.ts";
import { offer } from "./offer.ts";
import { askColumns } from "./train/columns.ts";
import { chooseFile, readTextFile } from "./train/file.ts";
import { askName } from "./train/name.ts";
import { headline, reportOf } from "./train/report.ts";
import { tryPlugin } from "./try-plugin.ts";

/** What another extension gives, to be asked nothing. */
interface Given {
  readonly uri: vscode.Uri;
  readonly name?: string;
  readonly columns?: readonly string[];
}

/** Letters of a file that have its first lines. */
const ENOUGH = 2 ** 20;

export const trainClassifier: Command = {
  id: "cloze.trainClassifier",
  async run(cloze, argument) {
    const { uri, ...given } = await givenOf(argument);
    if (given.name !== undefined) cloze.codePlugins.expectFree(given.name);
    const { t } = vscode.l10n;
    const file = await readTextFile(uri);
    const found = await during(t("Reading {0}", file.file), (run) =>
      cloze.engine.run("lookAtColumns", { ...file, source: file.source.slice(0, ENOUGH) }, run),
    );
    const columns = given.columns ?? found.usual ?? (await askColumns(found, file.file));
    const name = given.name ?? (await askName(cloze, file.file));
    if (given.name === undefined) await askToReplace(cloze, name);
    const title = titleOf(name);
    const trained = await during(t("Training {0}", title), (run, say) =>
      cloze.engine.run(
        "train",
        { ...file, columns, name, title },
        {
          ...run,
          onProgress(progress) {
            say(sayProgress(progress.done, progress.total - EPOCHS * FITS));
            run.onProgress?.(progress);
          },
        },
      ),
    );
    await keepPlugin(cloze, trained.plugin);
    const { plugin, rows, epoch, milliseconds } = trained;
    offer(
      cloze,
      headline(trained),
      { label: t("Try It"), run: () => tryPlugin(cloze, plugin) },
      { label: t("Show Details"), run: () => showCard(cloze, title, reportOf(trained, file.file)) },
    );
    const { labels, metrics } = plugin;
    return { name, title, labels, metrics, rows, epoch, milliseconds };
  },
};

function sayProgress(done: number, rows: number): string {
  const { t } = vscode.l10n;
  return done <= rows ? t("{0} of {1} texts read", done, rows) : t("epoch {0}", done - rows);
}

async function givenOf(argument: unknown): Promise<Given> {
  if (argument instanceof vscode.Uri) return { uri: argument };
  const { uri, ...given } = (argument ?? {}) as { readonly [K in keyof Given]?: unknown };
  const { name, columns } = given;
  const fits =
    (uri === undefined || uri instanceof vscode.Uri) &&
    (name === undefined || (typeof name === "string" && isPluginName(name))) &&
    (columns === undefined || (Array.isArray(columns) && columns.every((one) => typeof one === "string")));
  if (fits) return { uri: uri ?? (await chooseFile()), ...(given as Omit<Given, "uri">) };
  throw new Failure(
    "invalid-input",
    vscode.l10n.t(
      "The command takes { uri, name, columns }: a file's Uri, a name of lower-case letters, digits and hyphens, and the names of columns.",
    ),
  );
}
