/**
 * Manage Plugins…: those that were installed, with what can be done to each.
 */
import * as vscode from "vscode";
import type { Cloze, Command } from "../cloze.ts";
import { format, size as sizeOf } from "../engine/facts.ts";
import { Failure } from "../engine/failure.ts";
import { dropPlugin } from "../store/install.ts";
import { isFor } from "../store/plugins.ts";
import type { InstalledPlugin } from "../store/plugins.ts";
import { showCard } from "../views/cards.ts";
import { chooseAction } from "./choose-action.ts";
import { faces } from "./plugin-faces.ts";
import { tryPlugin } from "./try-plugin.ts";

/** A row of the list: a plugin, or a way to another. */
type Row = vscode.QuickPickItem & { readonly plugin?: InstalledPlugin; readonly command?: string };

/** Labels and metrics that are told of a plugin. */
const FEW = 6;

export const managePlugins: Command = {
  id: "cloze.managePlugins",
  async run(cloze) {
    const { t } = vscode.l10n;
    const [plugins, model] = await Promise.all([cloze.plugins.list(), sha256Of(cloze)]);
    const separator = { label: "", kind: vscode.QuickPickItemKind.Separator };
    const rows: Row[] = [
      ...plugins.map((plugin) => rowOf(plugin, isFor(plugin, model))),
      separator,
      { label: `$(add) ${t("Install Plugin…")}`, command: "cloze.installPlugin", alwaysShow: true },
      {
        label: `$(beaker) ${t("Train Classifier From File…")}`,
        command: "cloze.trainClassifier",
        alwaysShow: true,
      },
    ];
    const row = await vscode.window.showQuickPick(rows, {
      title: t("Plugins"),
      placeHolder:
        plugins.length === 0 ? t("None is installed") : t("Choose one to see what can be done with it"),
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (row?.command !== undefined) return vscode.commands.executeCommand(row.command);
    if (row?.plugin) await act(cloze, row.plugin, isFor(row.plugin, model));
    return plugins.map(({ name, title, kind, labels, metrics, size }) => ({
      name,
      title,
      kind,
      labels,
      metrics,
      size,
    }));
  },
};

/** The model in use, if there is one: plugins can be managed without. */
async function sha256Of({ models }: Cloze): Promise<string | undefined> {
  try {
    return (await models.current()).sha256;
  } catch {
    return undefined;
  }
}

function rowOf(plugin: InstalledPlugin, fits: boolean): Row {
  const { t } = vscode.l10n;
  const { name, title, labels, metrics, encoder, size, task } = plugin;
  const numbers = Object.entries(metrics).flatMap(([metric, value]) =>
    typeof value === "number" ? [`${metric} ${format(value, 3)}`] : [],
  );
  const some = labels.slice(0, FEW).join(" · ") + (labels.length > FEW ? " …" : "");
  const other = fits ? "" : t("for another model: {0}", encoder?.name ?? "");
  return {
    plugin,
    label: title,
    description: [name, other].filter((part) => part !== "").join(" · "),
    detail: [some, ...numbers.slice(0, 3), sizeOf(size)].join(" · "),
    iconPath: new vscode.ThemeIcon(fits ? faces[task].icon : "warning"),
  };
}

async function act(cloze: Cloze, plugin: InstalledPlugin, fits: boolean): Promise<void> {
  const { t } = vscode.l10n;
  const { name, title, card, task } = plugin;
  await chooseAction(title, [
    fits &&
      task === "classify" && { label: t("Try It"), icon: "beaker", run: () => tryPlugin(cloze, plugin) },
    fits && {
      label: t("Run on the Selection"),
      icon: "play",
      run: () => vscode.commands.executeCommand(`cloze.plugin.${name}`),
    },
    {
      label: t("Show Card"),
      icon: "book",
      run: () => showCard(cloze, title, card === "" ? t("This plugin has no card.") : card),
    },
    { label: t("Export as a File…"), icon: "export", run: () => exportPlugin(cloze, plugin) },
    { label: t("Remove"), icon: "trash", run: () => removePlugin(cloze, plugin) },
  ]);
}

async function exportPlugin({ plugins }: Cloze, { name, title }: InstalledPlugin): Promise<void> {
  const { t } = vscode.l10n;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const place = await vscode.window.showSaveDialog({
    title: t("Export {0}", title),
    filters: { [t("Cloze plugins")]: ["cloze"] },
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, `${name}.cloze`) }),
  });
  if (!place) throw Failure.cancelled();
  await vscode.workspace.fs.writeFile(place, await plugins.read(name));
  const said = t("{0} is exported: it can be installed wherever this model runs.", title);
  void vscode.window.showInformationMessage(said);
}

async function removePlugin(cloze: Cloze, { name, title }: InstalledPlugin): Promise<void> {
  const { t } = vscode.l10n;
  const remove = t("Remove");
  const chosen = await vscode.window.showWarningMessage(
    t("Remove the plugin {0}?", title),
    {
      modal: true,
      detail: t("Its file goes from this machine, and its command with it. Export it first to keep it."),
    },
    remove,
  );
  if (chosen !== remove) throw Failure.cancelled();
  await dropPlugin(cloze, name);
}
