/**
 * Train Classifier From File…: labelled texts become a plugin on this machine, and with it a command.
 */
import * as vscode from "vscode";
import type { Cloze, Command } from "../cloze.ts";
import type { Trained } from "../engine-worker/train.ts";
import { EPOCHS, FITS } from "../engine/epochs.ts";
import { Failure } from "../engine/failure.ts";
import { askToReplace, keepPlugin } from "../store/install.ts";
import { showCard } from "../views/cards.ts";
import { percent } from "../views/percent.ts";
import { during } from "./during.ts";
import { askColumns } from "./train/columns.ts";
import { chooseFile, readTextFile } from "./train/file.ts";
import { askName, titleOf } from "./train/name.ts";
import { headline, reportOf } from "./train/report.ts";
import { tryPlugin } from "./try-plugin.ts";

/** What another extension gives, to be asked nothing. */
interface Given {
  readonly uri: vscode.Uri;
  readonly name?: string;
  readonly columns?: readonly string[];
}

export const trainClassifier: Command = {
  id: "cloze.trainClassifier",
  async run(cloze, argument) {
    const { uri, ...given } = await givenOf(argument);
    const { t } = vscode.l10n;
    const file = await readTextFile(uri);
    const found = await during(t("Reading {0}", file.file), (run) =>
      cloze.engine.run("lookAtColumns", file, run),
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
    void offer(cloze, trained, file.file);
    const { plugin, rows, epoch, milliseconds } = trained;
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
  const { uri, ...given } = (argument ?? {}) as Partial<Given>;
  return { uri: uri ?? (await chooseFile()), ...given };
}

/** Says how good it is, and what can be done with it; nobody waits for the answer. */
async function offer(cloze: Cloze, trained: Trained, file: string): Promise<void> {
  const { t } = vscode.l10n;
  const { plugin } = trained;
  const [tryIt, details] = [t("Try It"), t("Show Details")];
  const chosen = await vscode.window.showInformationMessage(headline(trained, percent), tryIt, details);
  try {
    if (chosen === tryIt) await tryPlugin(cloze, plugin);
    if (chosen === details) await showCard(cloze, plugin.title, reportOf(trained, file));
  } catch (error) {
    cloze.log.error("cloze.trainClassifier", Failure.of(error));
  }
}
