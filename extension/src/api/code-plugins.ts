/**
 * Plugins of code that other extensions bring: the engine computes what they read, their own function answers, in the
 * host that both extensions share.
 */
import type { RunOptions, TextInput } from "@cloze/core";
import * as vscode from "vscode";
import type { ClozePlugin } from "../../api.d.ts";
import type { Engine } from "../engine/engine.ts";
import { Failure } from "../engine/failure.ts";
import { PLUGIN_NAME } from "../text/names.ts";

/** Texts that are read at once: every token's features of long ones are a megabyte each. */
const AT_ONCE = 16;

const FEATURES: readonly string[] = ["pooler", "mean", "cls", "last-four", "hidden"];

export class CodePlugins implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #changes = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changes.event;
  readonly #plugins = new Map<string, ClozePlugin>();
  readonly #commands = new Set<vscode.Disposable>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Those that are registered now. */
  get all(): readonly Readonly<Pick<Required<ClozePlugin>, "name" | "title" | "version">>[] {
    return [...this.#plugins.values()].map(({ name, title = name, version = "0.0.0" }) => ({
      name,
      title,
      version,
    }));
  }

  has(name: string): boolean {
    return this.#plugins.has(name);
  }

  /** @throws Failure `invalid-plugin` for a name that one of these has. */
  expectFree(name: string): void {
    if (this.#plugins.has(name)) throw taken(name);
  }

  /**
   * Adds a plugin, and its command `cloze.plugin.NAME`.
   *
   * @throws Failure `invalid-plugin` for a name that is taken or cannot be one, and for features that there are not.
   */
  add(plugin: ClozePlugin): vscode.Disposable {
    check(plugin);
    const { name } = plugin;
    this.expectFree(name);
    let command: vscode.Disposable;
    try {
      command = vscode.commands.registerCommand(`cloze.plugin.${name}`, (given?: object) =>
        vscode.commands.executeCommand("cloze.runPlugin", { ...given, plugin: name }),
      );
    } catch {
      throw taken(name); // by a plugin that was installed: each has its command
    }
    this.#commands.add(command);
    this.#plugins.set(name, plugin);
    this.#changes.fire();
    return new vscode.Disposable(() => {
      if (!this.#commands.delete(command)) return;
      command.dispose();
      this.#plugins.delete(name);
      this.#changes.fire();
    });
  }

  /**
   * Runs a plugin on texts.
   *
   * @returns What its function gave, one a text.
   * @throws Failure `not-found`, `plugin-failed` with what the function threw, and what the engine throws.
   */
  async run(name: string, inputs: readonly TextInput[], run: RunOptions = {}): Promise<object[]> {
    const plugin = this.#plugins.get(name);
    if (!plugin)
      throw new Failure(
        "not-found",
        vscode.l10n.t("There is no plugin named {0}: is its extension enabled?", name),
      );
    const { features, maxLength } = plugin;
    const answers: object[] = [];
    while (answers.length < inputs.length) {
      const texts = inputs.slice(answers.length, answers.length + AT_ONCE);
      const read = await this.#engine.run(
        "features",
        { inputs: texts, features, maxLength },
        { ...(run.signal && { signal: run.signal }) },
      );
      try {
        for (const input of read) if (!run.signal?.aborted) answers.push(await plugin.run(input));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Failure("plugin-failed", vscode.l10n.t("The plugin {0} failed: {1}", name, why), error);
      }
      if (run.signal?.aborted) throw Failure.cancelled();
      run.onProgress?.({ done: answers.length, total: inputs.length });
    }
    return answers;
  }

  dispose(): void {
    for (const command of this.#commands) command.dispose();
    this.#commands.clear();
    this.#plugins.clear();
    this.#changes.dispose();
  }
}

function taken(name: string): Failure {
  const message = vscode.l10n.t("There is a plugin named {0} already: choose another name.", name);
  return new Failure("invalid-plugin", message);
}

/** Other extensions may be written in JavaScript: what they give is checked. */
function check({ name, features, run }: { readonly [K in keyof ClozePlugin]?: unknown }): void {
  if (!PLUGIN_NAME.test(String(name)))
    throw new Failure(
      "invalid-plugin",
      vscode.l10n.t(
        "A plugin's name should be 1 to 64 lower-case letters, digits and hyphens, not {0}.",
        String(name),
      ),
    );
  if (!FEATURES.includes(String(features)))
    throw new Failure(
      "invalid-plugin",
      vscode.l10n.t(
        "The plugin {0} should read one of {1}, not {2}.",
        String(name),
        FEATURES.join(", "),
        String(features),
      ),
    );
  if (typeof run !== "function")
    throw new Failure("invalid-plugin", vscode.l10n.t("The plugin {0} has no function run.", String(name)));
}
