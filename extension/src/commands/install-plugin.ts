/**
 * Install Plugin…: a `.cloze` file or a plugin's folder. All of it is looked at before anything is kept.
 */
import * as vscode from "vscode";
import type { Command } from "../cloze.ts";
import type { PluginFiles } from "../engine-worker/plugins.ts";
import { Failure } from "../engine/failure.ts";
import { askToReplace, keepPlugin } from "../store/install.ts";
import { during } from "./during.ts";
import { offer } from "./offer.ts";
import { readWhole } from "./read-file.ts";
import { tryPlugin } from "./try-plugin.ts";

/** As the engine has it: nothing larger is read. */
const LARGEST = 2 ** 23;
const NAMES: ReadonlySet<string> = new Set(["plugin.json", "head.safetensors", "README.md"]);

export const installPlugin: Command = {
  id: "cloze.installPlugin",
  async run(cloze, argument) {
    const { uri = await choose() } = argument instanceof vscode.Uri ? { uri: argument } : givenOf(argument);
    const { t } = vscode.l10n;
    const place = uri.path.slice(uri.path.lastIndexOf("/") + 1);
    const plugin = await during(t("Checking {0}", place), async (run) =>
      cloze.engine.run("checkPlugin", { file: await readPlugin(uri), place }, run),
    );
    cloze.codePlugins.expectFree(plugin.name);
    await askToReplace(cloze, plugin.name);
    await keepPlugin(cloze, plugin);
    const next =
      plugin.task === "classify"
        ? { label: t("Try It"), run: () => tryPlugin(cloze, plugin) }
        : {
            label: t("Run Plugin…"),
            run: () => vscode.commands.executeCommand(`cloze.plugin.${plugin.name}`),
          };
    offer(
      cloze,
      t("{0} is installed: it is a command now, cloze.plugin.{1}.", plugin.title, plugin.name),
      next,
    );
    const { name, title, version, kind, labels, metrics, sha256 } = plugin;
    return { name, title, version, kind, labels, metrics, sha256 };
  },
};

/** What another extension gives. */
function givenOf(argument: unknown): { readonly uri?: vscode.Uri } {
  const { uri } = (argument ?? {}) as { readonly uri?: unknown };
  if (uri === undefined) return {};
  if (uri instanceof vscode.Uri) return { uri };
  throw new Failure("invalid-input", vscode.l10n.t("The command takes { uri }: a file's or a folder's Uri."));
}

/** Not every desktop's dialog has files and folders in one: which is asked before. */
async function choose(): Promise<vscode.Uri> {
  const { t } = vscode.l10n;
  const rows = [
    { label: `$(file) ${t("From a File…")}`, description: ".cloze", folder: false },
    { label: `$(folder) ${t("From a Folder…")}`, description: "plugin.json", folder: true },
  ];
  const row = await vscode.window.showQuickPick(rows, { title: t("Install Plugin") });
  const chosen =
    row &&
    (await vscode.window.showOpenDialog({
      title: t("Install Plugin"),
      openLabel: t("Install"),
      canSelectFiles: !row.folder,
      canSelectFolders: row.folder,
      ...(!row.folder && { filters: { [t("Cloze plugins")]: ["cloze", "zip"] } }),
    }));
  if (!chosen?.[0]) throw Failure.cancelled();
  return chosen[0];
}

/** A file's bytes, or those of a folder's files. */
async function readPlugin(uri: vscode.Uri): Promise<Uint8Array<ArrayBuffer> | PluginFiles> {
  const { fs } = vscode.workspace;
  const names = await Promise.resolve(fs.readDirectory(uri)).catch(() => undefined);
  if (!names) return readWhole(uri, LARGEST);
  const there = names.map(([name]) => name).filter((name) => NAMES.has(name));
  const files = there.map(
    async (name) => [name, await readWhole(vscode.Uri.joinPath(uri, name), LARGEST)] as const,
  );
  return Object.fromEntries(await Promise.all(files));
}
