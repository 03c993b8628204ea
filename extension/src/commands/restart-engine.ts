/**
 * Restart Engine: ends it, whatever it does, and starts it with the settings as they are now.
 */
import * as vscode from "vscode";
import type { Command } from "../cloze.ts";
import { deviceName, duration } from "../engine/facts.ts";
import { during } from "./during.ts";

export const restartEngine: Command = {
  id: "cloze.restartEngine",
  async run({ engine }) {
    engine.stop(vscode.l10n.t("The engine was restarted: try again."));
    const info = await during(vscode.l10n.t("Starting the engine"), (run) => engine.info(run));
    const message = vscode.l10n.t(
      "Cloze: the engine was started on {0} in {1}.",
      deviceName(info.device),
      duration(info.startTime),
    );
    vscode.window.setStatusBarMessage(message, 5000);
    return info;
  },
};
