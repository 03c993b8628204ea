/**
 * Plugins that come and go while the engine runs: kept on disk, and put on the running model or taken off it, without a
 * restart. An engine that does not run is not started for it: it reads what is kept when it opens.
 */
import * as vscode from "vscode";
import type { Cloze } from "../cloze.ts";
import type { Engine } from "../engine/engine.ts";
import { Failure } from "../engine/failure.ts";
import type { PluginFile } from "../engine/protocol.ts";

type Parts = Pick<Cloze, "engine" | "plugins">;

/** Keeps a plugin that was checked, in the place of one that has its name, and makes it live. */
export async function keepPlugin({ engine, plugins }: Parts, plugin: PluginFile): Promise<void> {
  await plugins.save(plugin);
  if (runs(engine)) await engine.run("addPlugin", { bytes: plugin.bytes, place: plugin.name });
}

/** Removes an installed plugin. */
export async function dropPlugin({ engine, plugins }: Parts, name: string): Promise<void> {
  await plugins.remove(name);
  if (runs(engine)) await engine.run("removePlugin", { name });
}

/**
 * Asks whether a plugin may take the place of an installed one that has its name.
 *
 * @throws Failure `aborted` where it may not.
 */
export async function askToReplace({ plugins }: Parts, name: string): Promise<void> {
  const there = await plugins.find(name);
  if (!there) return;
  const replace = vscode.l10n.t("Replace");
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t("There is a plugin {0} already. Should it be replaced?", name),
    { modal: true, detail: vscode.l10n.t("Its labels are: {0}.", there.labels.join(", ")) },
    replace,
  );
  if (chosen !== replace) throw Failure.cancelled();
}

function runs({ state }: Engine): boolean {
  return state.kind !== "off" && state.kind !== "failed";
}
