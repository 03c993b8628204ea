/**
 * The status item: what the engine does, and on which device. A click leads to Engine Info.
 */
import * as vscode from "vscode";
import type { Engine, EngineState } from "./engine/engine.ts";
import { adapterName, deviceName } from "./engine/facts.ts";

/** How long the engine must be busy before it is said, in milliseconds: short work does not flicker. */
const UNSEEN = 400;

export class StatusItem implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("cloze.status", vscode.StatusBarAlignment.Right, 100);
  readonly #listening: vscode.Disposable;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(engine: Engine) {
    this.#item.name = "Cloze";
    this.#item.command = "cloze.engineInfo";
    this.#show(engine.state);
    this.#item.show();
    this.#listening = engine.onDidChange((state) => {
      if (state.kind === "busy") this.#later ??= setTimeout(() => this.#show(engine.state), UNSEEN);
      else this.#show(state);
    });
  }

  dispose(): void {
    clearTimeout(this.#later);
    this.#listening.dispose();
    this.#item.dispose();
  }

  #show(state: EngineState): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    const { icon, name, said, facts = [] } = describe(state);
    this.#item.text = `$(${icon}) ${name}`;
    this.#item.accessibilityInformation = { label: said, role: "button" };
    this.#item.tooltip = tooltip([said, ...facts]);
    this.#item.backgroundColor =
      state.kind === "failed" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
  }
}

interface Shown {
  readonly icon: string;
  readonly name: string;
  /** The state as a sentence. */
  readonly said: string;
  readonly facts?: readonly string[];
}

function describe(state: EngineState): Shown {
  const { t } = vscode.l10n;
  switch (state.kind) {
    case "off":
      return {
        icon: "circle-outline",
        name: "Cloze",
        said: t("Cloze: the engine is off. The first command starts it."),
      };
    case "starting":
      return { icon: "loading~spin", name: "Cloze", said: t("Cloze: the engine is starting.") };
    case "failed":
      return { icon: "error", name: "Cloze", said: t("Cloze: the engine failed."), facts: [state.why] };
    case "ready":
    case "busy": {
      const { device, adapter, fallback, model, plugins, precision } = state.info;
      const name = deviceName(device);
      const facts = [
        t("Model: {0}, {1} layers of {2}, {3}", model.name, model.layers, model.hiddenSize, precision),
        t("Plugins: {0}", plugins.map(({ title }) => title).join(", ")),
      ];
      if (adapter) facts.unshift(t("Graphics card: {0}", adapterName(adapter)));
      if (fallback !== undefined) facts.unshift(fallback);
      return state.kind === "ready"
        ? { icon: "pass", name: `Cloze ${name}`, said: t("Cloze: the engine is ready on {0}.", name), facts }
        : {
            icon: "loading~spin",
            name: `Cloze ${name}`,
            said: t("Cloze: the engine is working on {0}.", name),
            facts,
          };
    }
  }
}

function tooltip(lines: readonly string[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands: ["cloze.restartEngine", "cloze.selfTest", "cloze.showLog"] };
  for (const line of lines) text.appendText(line).appendMarkdown("\n\n");
  const links = [
    ["cloze.selfTest", vscode.l10n.t("Run Self-Test")],
    ["cloze.restartEngine", vscode.l10n.t("Restart Engine")],
    ["cloze.showLog", vscode.l10n.t("Show Log")],
  ].map(([command, label]) => `[${label}](command:${command})`);
  return text.appendMarkdown(links.join(" · "));
}
