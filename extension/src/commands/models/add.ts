/**
 * Ways to another model: from the hub, by its name and after a question that says how much comes from where; from a
 * folder.
 */
import type { RunOptions } from "@cloze/core";
import * as vscode from "vscode";
import type { Cloze } from "../../cloze.ts";
import { size } from "../../engine/facts.ts";
import { Failure } from "../../engine/failure.ts";
import { settings } from "../../settings.ts";
import { findInFolder } from "../../store/folder.ts";
import { findOnHub } from "../../store/hub.ts";
import { isModelName } from "../../store/model-files.ts";
import type { Model } from "../../store/models.ts";
import { during } from "../during.ts";

/** Asks for a model of the hub, and downloads it once that was agreed to. */
export async function pullModel({ models }: Cloze): Promise<Model> {
  const { t } = vscode.l10n;
  const hub = settings().get("hub");
  const name = await askName(
    await models.list(),
    t("The model's name on {0}, such as google-bert/bert-base-uncased", hub),
    "",
  );
  const found = await during(t("Asking {0}", hub), (run) =>
    findOnHub(hub, name, run.signal as AbortSignal | undefined),
  );
  const download = t("Download");
  const chosen = await vscode.window.showInformationMessage(
    t("Download {0} from {1}?", name, found.host),
    {
      modal: true,
      detail: t(
        "{0} in {1} files, licence: {2}. They are kept in the extension's own storage on this machine; nothing but their names is sent.",
        size(found.files.reduce((sum, file) => sum + file.size, 0)),
        found.files.length,
        found.licence ?? t("not told"),
      ),
    },
    download,
  );
  if (chosen !== download) throw Failure.cancelled();
  return during(t("Downloading {0}", name), (run, say) => models.add(name, found, sized(run, say)));
}

/** Copies a model's folder. */
export async function addFolder({ models }: Cloze): Promise<Model> {
  const { t } = vscode.l10n;
  const chosen = await vscode.window.showOpenDialog({
    title: t("A model's folder"),
    openLabel: t("Add"),
    canSelectFiles: false,
    canSelectFolders: true,
  });
  const folder = chosen?.[0];
  if (!folder) throw Failure.cancelled();
  const found = await findInFolder(folder);
  const last = folder.path.replace(/\/+$/, "").split("/").at(-1) ?? "";
  const suggested = last
    .replaceAll(/[^\w.-]+/g, "-")
    .replaceAll(/-{2,}/g, "-")
    .replaceAll(/^[.-]+|[.-]+$/g, "");
  const name = await askName(await models.list(), t("A name for the model"), suggested);
  return during(t("Copying {0}", name), (run, say) => models.add(name, found, sized(run, say)));
}

/** Says how many bytes are there, beside the bar. */
function sized(run: RunOptions, say: (message: string) => void): RunOptions {
  return {
    ...run,
    onProgress(progress) {
      say(vscode.l10n.t("{0} of {1}", size(progress.done), size(progress.total)));
      run.onProgress?.(progress);
    },
  };
}

/** @throws Failure `aborted` where none is given. */
async function askName(models: readonly Model[], prompt: string, value: string): Promise<string> {
  const { t } = vscode.l10n;
  // Folders of names that differ in case only are one on many disks.
  const taken = new Set(models.filter(({ complete }) => complete).map((model) => model.name.toLowerCase()));
  const name = await vscode.window.showInputBox({
    title: t("Add a Model"),
    prompt,
    value,
    validateInput(written) {
      const wanted = written.trim();
      if (!isModelName(wanted))
        return t("A name has letters, digits, dots and hyphens, with one slash at most.");
      return taken.has(wanted.toLowerCase())
        ? t("There is a model of this name: remove it first.")
        : undefined;
    },
  });
  if (name === undefined) throw Failure.cancelled();
  return name.trim();
}
