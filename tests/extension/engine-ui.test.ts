/** What a person sees of the engine: its state in the status bar, its facts, its self-test and its log. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { hasEditors } from "./editor.ts";
import type { Workbench } from "./editor.ts";
import { useWorkbench } from "./use-workbench.ts";

describe.runIf(hasEditors)("the engine, as a person sees it", () => {
  let workbench: Workbench;
  useWorkbench(
    {
      gpu: false,
      host: "worker",
      settings: { "cloze.engine.device": "wasm" },
      files: { "a.txt": "a warm , funny film\n" },
    },
    (opened) => (workbench = opened),
  );
  beforeEach(() => workbench.clearToasts());

  /** The machine may have other work. */
  const patient = { timeout: 90_000 };
  const status = async () => (await workbench.statusItems())[0];

  test("is off until a command asks for it", async () => {
    expect(await status()).toEqual({
      text: "Cloze",
      label: "Cloze: the engine is off. The first command starts it.",
    });
  });

  test("answers rightly, and is then ready on the processor", async () => {
    await workbench.palette("Cloze: Run Self-Test");
    expect(await workbench.toast("Cloze: all")).toMatch(/^Cloze: all 6 tasks answer rightly on CPU, in \d/);
    expect(await status()).toEqual({ text: "Cloze CPU", label: "Cloze: the engine is ready on CPU." });
    await workbench.screenshot("engine-self-test");

    const result = (await workbench.command("cloze.selfTest")) as {
      passed: boolean;
      checks: { task: string; difference: number; milliseconds: number }[];
    };
    expect(result.passed).toBe(true);
    expect(result.checks.map(({ task }) => task)).toEqual([
      "classify",
      "fill",
      "ask",
      "tag",
      "next",
      "embed",
    ]);
    for (const { difference } of result.checks) expect(difference).toBeLessThan(1e-4);
  });

  test("tells its facts in a document that cannot be changed, by a click on the status item", async () => {
    await workbench.pressStatusItem("Cloze CPU");
    await expect
      .poll(() => workbench.run((vscode) => vscode.window.activeTextEditor?.document.uri.scheme), patient)
      .toBe("cloze-card");
    const text = await workbench.text();
    await workbench.screenshot("engine-info");
    for (const line of [
      /^# The engine of Cloze$/m,
      /^- Device: CPU$/m,
      /^- Why: The setting cloze\.engine\.device is wasm\.$/m,
      /^- Runs in: a worker of the extension host$/m,
      /^- Layers: 6 × 384$/m,
      /^- SHA-256: [0-9a-f]{64}$/m,
      /^- sentiment: .*negative, positive$/m,
      /^- A short text, warm: [\d.]+ ms$/m,
      /^- ONNX Runtime: \d+\.\d+\.\d+\S*$/m,
    ])
      expect(text).toMatch(line);
    await workbench.focusEditor();
    await workbench.page.keyboard.type("x");
    expect(await workbench.text()).toBe(text);
  });

  test("is started anew", async () => {
    const before = (await workbench.command("cloze.engineInfo")) as { startTime: number };
    await workbench.palette("Cloze: Restart Engine");
    await expect.poll(async () => (await status()).label, patient).toBe("Cloze: the engine is starting.");
    await expect.poll(async () => (await status()).label, patient).toBe("Cloze: the engine is ready on CPU.");
    const after = (await workbench.command("cloze.engineInfo")) as { startTime: number };
    expect(after.startTime).not.toBe(before.startTime);
  });

  test("logs what it did", async () => {
    await workbench.command("cloze.selfTest");
    await workbench.palette("Cloze: Show Log");
    const output = workbench.page.locator(".panel .output-view, .panel .monaco-editor").first();
    await output.waitFor();
    await expect.poll(() => output.innerText(), patient).toMatch(/embed:.+\sms,\sat\smost/);
    await workbench.screenshot("engine-log");
    await workbench.command("workbench.action.closePanel");
  });

  test("that computes wrongly is told of, with what to do", async () => {
    const folder = await workbench.run(
      (vscode, id) => vscode.extensions.getExtension(id)!.extensionUri.path,
      workbench.editor.id,
    );
    const file = path.join(folder, "engine.js");
    const script = await readFile(file, "utf8");
    await writeFile(file, script.replace('token:"door"', 'token:"wall"'));
    await workbench.command("cloze.restartEngine");
    await workbench.palette("Cloze: Run Self-Test");
    expect(await workbench.toast("answers wrongly")).toBe(
      "Cloze: fill answers wrongly. Install the extension again: its files are damaged.",
    );
    await writeFile(file, script);
    await workbench.screenshot("engine-self-test-failed");
  });

  test("that cannot start says why, in the status bar too", async () => {
    const set = (value: string | undefined) =>
      workbench.run(
        (vscode, name) => vscode.workspace.getConfiguration("cloze").update("model", name, true),
        value,
      );
    await set("nowhere");
    await workbench.palette("Cloze: Engine Info");
    expect(await workbench.toast("Cloze:")).not.toBe("");
    expect((await status()).label).toBe("Cloze: the engine failed.");
    await workbench.screenshot("engine-failed");
    await set(undefined);
    await workbench.command("cloze.restartEngine");
    expect((await status()).label).toBe("Cloze: the engine is ready on CPU.");
  });

  test("is introduced by a walkthrough, whose steps can be tried", async () => {
    await workbench.command("workbench.action.closeSidebar");
    await workbench.command("workbench.action.closePanel");
    await workbench.command("workbench.action.openWalkthrough", `${workbench.editor.id}#start`);
    const page = workbench.page.locator(".gettingStartedContainer");
    await expect
      .poll(() => page.locator(".getting-started-step .step-title").allInnerTexts(), patient)
      .toEqual([
        "Classify what you select",
        "Find the word",
        "Ask the document",
        "Teach it your own labels",
        "On your own machine",
      ]);
    await page.getByText("Classify what you select").click();
    await workbench.webview("positive 99.9 %"); // the step's picture
    await workbench.screenshot("engine-walkthrough");
    await page.getByText("Try It").first().click();
    await expect
      .poll(
        () =>
          workbench.run((vscode) =>
            vscode.window.activeTextEditor?.document.getText(vscode.window.activeTextEditor.selection),
          ),
        patient,
      )
      .toMatch(/^A warm, funny and touching film\..+ell\.$/s);
    await workbench.screenshot("engine-walkthrough-tried");
    await workbench.command("workbench.action.revertAndCloseActiveEditor");
  });

  test("costs the start of VS Code next to nothing", async () => {
    await workbench.command("perfview.show"); // Developer: Startup Performance
    const [, load, call, finish] = await vi.waitFor(async () => {
      const text = await workbench.text();
      // | Extension | Eager | Load Code | Call Activate | Finish |
      const row = new RegExp(
        `\\|\\s*${workbench.editor.id}\\s*\\|[^|]*\\|\\s*(\\d+)\\s*\\|\\s*(\\d+)\\s*\\|\\s*(\\d+)`,
      ).exec(text);
      expect(row).not.toBeNull();
      return row!;
    }, patient);
    console.log(
      `Activation, as VS Code tells it: ${load} ms to load the code, ${call} ms in activate(), ${finish} ms after`,
    );
    expect(Number(call) + Number(finish)).toBeLessThan(500);
  });
});
