/**
 * Run Plugin…: any plugin there is, on what the editor says. Each is a command of its own too, `cloze.plugin.NAME`, for
 * keybindings.
 */
import * as vscode from "vscode";
import type { Cloze, Command } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";
import { listPlugins, pickPlugin } from "./pick-plugin.ts";
import type { Runnable } from "./pick-plugin.ts";
import { registerCommand } from "./register.ts";
import { answerGiven, givenOf, runOnEditor } from "./run-on-texts.ts";

export const runPlugin: Command = {
  id: "cloze.runPlugin",
  async run(cloze, argument) {
    const given = givenOf(argument);
    const { plugin: name } = (argument ?? {}) as { plugin?: unknown };
    const choose = async (): Promise<Runnable> => {
      const plugins = await listPlugins(cloze);
      return typeof name === "string" ? find(plugins, name) : pickPlugin(cloze, plugins, "run");
    };
    if (!given) return runOnEditor(cloze, choose);
    const plugin = await choose();
    return answerGiven(given, (inputs, run) => plugin.run(inputs, run));
  },
};

function find(plugins: readonly Runnable[], name: string): Runnable {
  const plugin = plugins.find((one) => one.name === name);
  if (plugin) return plugin;
  const names = plugins.map((one) => one.name).join(", ");
  throw new Failure("not-found", vscode.l10n.t("There is no plugin named {0}; there are: {1}.", name, names));
}

/** Keeps a command for each plugin, as plugins come and go. Those of code have theirs from whoever brings them. */
export function registerPluginCommands(cloze: Cloze): vscode.Disposable {
  const commands = new Map<string, vscode.Disposable>();
  const keep = (names: ReadonlySet<string>): void => {
    for (const [name, command] of commands) if (!names.has(name) && commands.delete(name)) command.dispose();
    for (const name of names)
      if (!commands.has(name) && !cloze.codePlugins.has(name)) commands.set(name, registerFor(cloze, name));
  };
  let last = Promise.resolve();
  const update = (): void => {
    last = last.then(async () => keep(await namesOf(cloze))).catch((error) => cloze.log.error(error));
  };
  update();
  return vscode.Disposable.from(
    cloze.plugins.onDidChange(update),
    cloze.codePlugins.onDidChange(update),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("cloze.model")) update();
    }),
    new vscode.Disposable(() => keep(new Set())),
  );
}

function registerFor(cloze: Cloze, name: string): vscode.Disposable {
  return registerCommand(cloze, {
    id: `cloze.plugin.${name}`,
    run: (_, argument) => runPlugin.run(cloze, { ...(argument as object), plugin: name }),
  });
}

/** Without the engine: the model's own plugins as its list of files has them, and those that were installed. */
async function namesOf({ models, plugins }: Cloze): Promise<ReadonlySet<string>> {
  const { folder } = await models.current();
  const list = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, "files.json"));
  const { files } = JSON.parse(new TextDecoder().decode(list)) as { files: object };
  const own = Object.keys(files).flatMap((file) => /^plugins\/([^/]+)\/plugin\.json$/.exec(file)?.[1] ?? []);
  return new Set([...own, ...(await plugins.list()).map(({ name }) => name)]);
}
