/**
 * A message that something is done, with what can be done next. Nobody waits for the answer.
 */
import * as vscode from "vscode";
import type { Cloze } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";

/** A button of the message. */
export interface Offered {
  readonly label: string;
  run(): PromiseLike<unknown>;
}

export function offer({ log }: Pick<Cloze, "log">, message: string, ...actions: readonly Offered[]): void {
  const act = async (): Promise<void> => {
    const chosen = await vscode.window.showInformationMessage(message, ...actions.map(({ label }) => label));
    try {
      await actions.find(({ label }) => label === chosen)?.run();
    } catch (error) {
      const failure = Failure.of(error);
      if (failure.code === "aborted") return;
      log.error(failure);
      void vscode.window.showErrorMessage(`Cloze: ${failure.message}`);
    }
  };
  void act();
}
