/**
 * What a new plugin is called: a name that can be part of a command, suggested from the file's.
 */
import * as vscode from "vscode";
import type { Cloze } from "../../cloze.ts";
import { Failure } from "../../engine/failure.ts";
import { isPluginName, suggestName } from "../../text/names.ts";

/**
 * Asks for a name. One that an installed plugin has may be chosen; whoever asks sees to that.
 *
 * @throws Failure `aborted` where none is given.
 */
export async function askName({ engine, plugins, codePlugins }: Cloze, file: string): Promise<string> {
  const { t } = vscode.l10n;
  const [info, installed] = await Promise.all([engine.info(), plugins.list()]);
  const replaceable = new Set(installed.map(({ name }) => name));
  const own = new Set(info.plugins.map(({ name }) => name).filter((name) => !replaceable.has(name)));
  const name = await vscode.window.showInputBox({
    title: t("Train Classifier From File"),
    prompt: t("A name for the plugin: it becomes part of the command cloze.plugin.NAME."),
    value: suggestName(file),
    validateInput(value) {
      if (!isPluginName(value)) return t("Use 1 to 64 lower-case letters, digits and hyphens.");
      if (codePlugins.has(value))
        return t("There is a plugin named {0} already: choose another name.", value);
      if (own.has(value)) return t("The model itself has a plugin of this name: choose another.");
      if (!replaceable.has(value)) return undefined;
      return {
        message: t("There is a plugin of this name: it can be replaced."),
        severity: vscode.InputBoxValidationSeverity.Warning,
      };
    },
  });
  if (name === undefined) throw Failure.cancelled();
  return name;
}
