/**
 * Trying a classifier: an input box that says the label of what is written, while it is written.
 */
import * as vscode from "vscode";
import type { Cloze } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";
import type { InstalledPlugin } from "../store/plugins.ts";
import { percent } from "../views/percent.ts";

/** Labels that are told of a text. */
const FEW = 3;

/** Opens the box, and is done when it is closed. */
export async function tryPlugin({ engine }: Pick<Cloze, "engine">, plugin: InstalledPlugin): Promise<void> {
  const { name, title, examples } = plugin;
  const { text } = (examples[0] ?? {}) as { readonly text?: string };
  const box = vscode.window.createInputBox();
  box.title = vscode.l10n.t("Try {0}", title);
  box.prompt = vscode.l10n.t("Write a text to see its label.");
  box.value = text ?? "";
  const abort = new AbortController();
  let wanted: string | undefined;
  let busy = false;
  /** Answers the last text that was written, one at a time. */
  const answer = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (wanted !== undefined && !abort.signal.aborted) {
      const asked = wanted;
      wanted = undefined;
      box.busy = true;
      const message = asked.trim() === "" ? undefined : await say(asked);
      if (!abort.signal.aborted) box.validationMessage = message;
    }
    busy = box.busy = false;
  };
  const say = async (asked: string): Promise<vscode.InputBoxValidationMessage> => {
    const { Info, Error } = vscode.InputBoxValidationSeverity;
    try {
      const inputs = [{ text: asked }];
      const [{ scores, value }] = await engine.run(
        "classify",
        { inputs, plugin: name },
        { signal: abort.signal },
      );
      if (!scores) return { message: value.toFixed(3), severity: Info };
      const ranked = Object.entries(scores).sort(([, a], [, b]) => b - a);
      const labels = ranked.slice(0, FEW).map(([label, score]) => `${label} ${percent(score)}`);
      return { message: labels.join(" · "), severity: Info };
    } catch (error) {
      return { message: Failure.of(error).message, severity: Error };
    }
  };
  const ask = (written: string): void => {
    wanted = written;
    void answer();
  };
  const closed = new Promise<void>((resolve) => box.onDidHide(resolve));
  box.onDidChangeValue(ask);
  box.show();
  ask(box.value);
  await closed;
  abort.abort();
  box.dispose();
}
