/**
 * Run Self-Test: whether this machine computes what it should, and how fast.
 */
import * as vscode from "vscode";
import type { Cloze, Command } from "../cloze.ts";
import { deviceName, duration } from "../engine/facts.ts";
import { during } from "./during.ts";

export const selfTest: Command = {
  id: "cloze.selfTest",
  async run(cloze) {
    const { engine, log } = cloze;
    const checks = await during(vscode.l10n.t("Testing the engine"), (run) =>
      engine.run("selfTest", {}, run),
    );
    const { device } = await engine.info();
    const failed = checks.filter(({ passed }) => !passed);
    log.info(`Self-test on ${device}: ${checks.length - failed.length} of ${checks.length} passed`);
    for (const { task, passed, milliseconds, difference, wrong } of checks) {
      const line = `  ${task}: ${milliseconds.toFixed(1)} ms, at most ${difference.toExponential(1)} off`;
      if (passed) log.info(line);
      else log.error(`${line}; ${wrong}`);
    }
    void (failed.length === 0 ? tellPassed(cloze, device, checks) : tellFailed(cloze, device, failed));
    return { device, passed: failed.length === 0, checks };
  },
};

type Device = Parameters<typeof deviceName>[0];

async function tellPassed({ log }: Cloze, device: Device, checks: readonly { milliseconds: number }[]) {
  const time = duration(checks.reduce((sum, { milliseconds }) => sum + milliseconds, 0));
  const show = vscode.l10n.t("Show Log");
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t(
      "Cloze: all {0} tasks answer rightly on {1}, in {2}.",
      checks.length,
      deviceName(device),
      time,
    ),
    show,
  );
  if (chosen === show) log.show();
}

async function tellFailed({ log }: Cloze, device: Device, failed: readonly { task: string }[]) {
  const tasks = failed.map(({ task }) => task).join(", ");
  const show = vscode.l10n.t("Show Log");
  const processor = vscode.l10n.t("Use the Processor");
  const chosen = await (device === "webgpu"
    ? vscode.window.showErrorMessage(
        vscode.l10n.t(
          "Cloze: the graphics card computes {0} wrongly. Update its driver, or let the processor compute.",
          tasks,
        ),
        processor,
        show,
      )
    : vscode.window.showErrorMessage(
        vscode.l10n.t(
          "Cloze: {0} answers wrongly. Install the extension again: its files are damaged.",
          tasks,
        ),
        show,
      ));
  if (chosen === show) log.show();
  if (chosen === processor)
    await vscode.workspace
      .getConfiguration("cloze")
      .update("engine.device", "wasm", vscode.ConfigurationTarget.Global);
}
