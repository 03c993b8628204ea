/**
 * Manage Models…: the models that there are, with what can be done to each, and the ways to more.
 */
import * as vscode from "vscode";
import type { Cloze, Command } from "../cloze.ts";
import { size } from "../engine/facts.ts";
import { Failure } from "../engine/failure.ts";
import { settings } from "../settings.ts";
import { STARTER } from "../store/models.ts";
import type { Model } from "../store/models.ts";
import { preview } from "../views/cards.ts";
import { chooseAction } from "./choose-action.ts";
import { addFolder, pullModel } from "./models/add.ts";
import { useModel } from "./models/use.ts";
import { offer } from "./offer.ts";

/** A row of the list: a model, or a way to another. */
type Row = vscode.QuickPickItem & { readonly model?: Model; add?(): Promise<Model> };

export const manageModels: Command = {
  id: "cloze.manageModels",
  async run(cloze) {
    const { t } = vscode.l10n;
    const models = await cloze.models.list();
    const used = settings().get("model");
    const rows: Row[] = [
      ...models.map((model) => rowOf(model, model.name === used)),
      { label: "", kind: vscode.QuickPickItemKind.Separator },
      {
        label: `$(cloud-download) ${t("Download From the Hub…")}`,
        detail: t("Asks before anything is downloaded."),
        alwaysShow: true,
        add: () => pullModel(cloze),
      },
      {
        label: `$(folder) ${t("Add From a Folder…")}`,
        detail: t("A folder with config.json, a tokenizer and model.safetensors."),
        alwaysShow: true,
        add: () => addFolder(cloze),
      },
    ];
    const row = await vscode.window.showQuickPick(rows, {
      title: t("Models"),
      placeHolder: t("Choose one to see what can be done with it"),
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (row?.model) await act(cloze, row.model, row.model.name === used);
    if (row?.add) {
      const { name } = await row.add();
      offer(cloze, t("The model {0} is there.", name), { label: t("Use It"), run: () => useModel(name) });
    }
    return (await cloze.models.list()).map(tell);
  },
};

function tell({ name, sha256, licence, source, complete, ...model }: Model) {
  return {
    name,
    size: model.size,
    sha256,
    licence,
    source,
    complete,
    used: name === settings().get("model"),
  };
}

function rowOf(model: Model, used: boolean): Row {
  const { t } = vscode.l10n;
  const { name, complete, licence, sha256 } = model;
  const facts = [
    sourceOf(model),
    t("licence: {0}", licence ?? t("not told")),
    ...(sha256 === undefined ? [] : [t("SHA-256 {0}…", sha256.slice(0, 12))]),
  ];
  return {
    model,
    label: name,
    description: [used ? t("in use") : "", complete ? size(model.size) : t("not whole")]
      .filter((part) => part !== "")
      .join(" · "),
    detail: complete ? facts.join(" · ") : t("Adding it was cut off, or goes on in another window."),
    iconPath: new vscode.ThemeIcon(complete ? (used ? "check" : "package") : "warning"),
  };
}

function sourceOf({ name, source }: Model): string {
  return name === STARTER ? vscode.l10n.t("came with the extension") : (source ?? "");
}

async function act(cloze: Cloze, model: Model, used: boolean): Promise<void> {
  const { t } = vscode.l10n;
  const { name, complete, sha256, source } = model;
  await chooseAction(name, [
    complete && !used && { label: t("Use It"), icon: "check", run: () => useModel(name) },
    complete && { label: t("Show Card"), icon: "book", run: () => showCard(cloze, model) },
    sha256 !== undefined && {
      label: t("Copy SHA-256"),
      icon: "copy",
      description: sha256,
      run: () => vscode.env.clipboard.writeText(sha256),
    },
    source?.startsWith("https://") === true && {
      label: t("Open Its Page"),
      icon: "link-external",
      description: source,
      run: () => vscode.env.openExternal(vscode.Uri.parse(source)),
    },
    name !== STARTER && { label: t("Remove"), icon: "trash", run: () => removeModel(cloze, model, used) },
  ]);
}

async function showCard({ models }: Cloze, model: Model): Promise<void> {
  const card = models.card(model);
  try {
    await vscode.workspace.fs.stat(card);
  } catch {
    throw new Failure("not-found", vscode.l10n.t("{0} has no card.", model.name));
  }
  await preview(card);
}

async function removeModel({ models }: Cloze, model: Model, used: boolean): Promise<void> {
  const { t } = vscode.l10n;
  const remove = t("Remove");
  const chosen = await vscode.window.showWarningMessage(
    t("Remove the model {0}?", model.name),
    {
      modal: true,
      detail: used
        ? t("It is in use: the starter is used then. {0} become free.", size(model.size))
        : t("{0} become free.", size(model.size)),
    },
    remove,
  );
  if (chosen !== remove) throw Failure.cancelled();
  if (used) await useModel(STARTER);
  await models.remove(model);
}
