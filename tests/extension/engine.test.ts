/**
 * The engine in real editors: where it runs, that what it says is right, and what becomes of it when something breaks.
 */
import { load } from "@cloze/runtime/node";
import type { Browser, Worker } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { starter } from "../starter.ts";
import { hasEditors, openBrowser, startCodeServer, startVscodeWeb, Workbench } from "./editor.ts";
import { places } from "./places.ts";

const text = "a warm , funny film";
const files = {
  "a.txt": text,
  "many.txt": Array.from({ length: 400 }, (_, i) => `${text} about ${i} people`).join("\n"),
};

interface Classified {
  readonly label: string;
  readonly scores: Readonly<Record<string, number>>;
}

const classify = (workbench: Workbench, texts: readonly string[] = [text]): Promise<Classified[]> =>
  workbench.run(
    (vscode, list) =>
      vscode.commands.executeCommand<Classified[]>("cloze.classifySelection", {
        texts: list,
        plugin: "sentiment",
      }),
    texts,
    110_000,
  );

const setDevice = (workbench: Workbench, device: "webgpu" | "wasm"): Promise<void> =>
  workbench.run(
    async (vscode, wanted) =>
      vscode.workspace
        .getConfiguration("cloze")
        .update("engine.device", wanted, vscode.ConfigurationTarget.Global),
    device,
  );

/** The workers that the model's session runs in. */
async function sessions({ page }: Workbench): Promise<Worker[]> {
  const roles = await Promise.all(
    page.workers().map(async (worker) => {
      const role = worker
        .evaluate(() => (self as { clozeRole?: string }).clozeRole === "session")
        .catch(() => false);
      const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 5000));
      return (await Promise.race([role, late])) ? worker : undefined;
    }),
  );
  return roles.filter((worker) => worker !== undefined);
}

/** Counts what the graphics card is told to do from now on. */
async function countDispatches(session: Worker): Promise<() => Promise<number>> {
  await session.evaluate(() => {
    const counted = Object.assign(self, { dispatches: 0 });
    const pass = GPUComputePassEncoder.prototype;
    const dispatch = Reflect.get<GPUComputePassEncoder, "dispatchWorkgroups">(pass, "dispatchWorkgroups");
    pass.dispatchWorkgroups = function (...size) {
      counted.dispatches++;
      return dispatch.apply(this, size);
    };
  });
  return () => session.evaluate(() => (self as unknown as { dispatches: number }).dispatches);
}

describe.runIf(hasEditors)("the engine", () => {
  let browser: Browser;
  let expected: readonly Classified[];
  beforeAll(async () => {
    browser = await openBrowser();
    await using bert = await load(starter);
    expected = (await bert.classify([text])) as unknown as Classified[];
  });
  afterAll(() => browser?.close());

  function expectSame(found: readonly Classified[], within: number): void {
    expect(found[0].label).toBe(expected[0].label);
    for (const [label, score] of Object.entries(expected[0].scores))
      expect(Math.abs(found[0].scores[label] - score), label).toBeLessThan(within);
  }

  test.each(places)(
    "in %s it is the graphics card that computes, rightly, and WebAssembly where that is set",
    async (place, start) => {
      await using editor = await start({ files, settings: { "cloze.engine.device": "webgpu" } });
      await using workbench = await Workbench.open(browser, editor);
      expectSame(await classify(workbench), 1e-4);
      const [session] = await sessions(workbench);
      const dispatches = await countDispatches(session);
      expectSame(await classify(workbench), 1e-4);
      expect(await dispatches()).toBeGreaterThan(50);
      await workbench.screenshot(`engine-${place}`);

      await setDevice(workbench, "wasm");
      expectSame(await classify(workbench), 1e-4);
      const left = () => sessions(workbench);
      await expect.poll(async () => (await left()).length, { timeout: 10_000 }).toBe(1);
      const [processor] = await left();
      expect(processor, "the card's worker is gone").not.toBe(session);
      expect(workbench.foreign, "nothing leaves this machine").toEqual([]);
    },
  );

  test.each([["worker"], ["node"]] as const)(
    "a graphics card that is lost is replaced, and what was asked is answered (%s)",
    async (host) => {
      const own = await openBrowser(); // its GPU process is about to crash
      await using editor = await startCodeServer({
        host,
        files,
        settings: { "cloze.engine.device": "webgpu" },
      });
      await using workbench = await Workbench.open(own, editor);
      await classify(workbench);
      const asked = classify(
        workbench,
        Array.from({ length: 8 }, () => text),
      );
      const cdp = await own.newBrowserCDPSession();
      await cdp.send("Browser.crashGpuProcess" as never).catch(() => {});
      expectSame(await asked, 1e-4);
      await own.close();
    },
  );

  test("without an adapter the model runs in WebAssembly, and WebGPU asked for by name is refused with what to do", async () => {
    const own = await openBrowser({ gpu: false });
    await using editor = await startCodeServer({ host: "worker", files });
    await using workbench = await Workbench.open(own, editor);
    expectSame(await classify(workbench), 1e-4);
    await setDevice(workbench, "webgpu");
    await workbench.open("a.txt");
    await workbench.selectAll();
    await workbench.palette("Cloze: Classify Selection");
    expect(await workbench.toast("no WebGPU")).toContain("wasm");
    await own.close();
  });

  test("long work is cancelled from its message, and the engine answers what comes next", async () => {
    await using editor = await startCodeServer({
      host: "worker",
      files,
      settings: { "cloze.engine.device": "wasm" },
    });
    await using workbench = await Workbench.open(browser, editor);
    await classify(workbench);
    const asked = classify(
      workbench,
      Array.from({ length: 4000 }, (_, i) => `${text} ${i}`),
    ).catch(() => undefined);
    await workbench.toast("Reading");
    await workbench.pressToast("Reading", "Cancel");
    expect(await asked).toBeFalsy();
    expectSame(await classify(workbench), 1e-4);
  });

  test("a webview lives on while it is hidden; moved elsewhere, or with its window, the engine starts again", async () => {
    await using editor = await startCodeServer({
      host: "node",
      files,
      settings: { "cloze.engine.device": "wasm" },
    });
    await using workbench = await Workbench.open(browser, editor);
    expectSame(await classify(workbench), 1e-4);
    await workbench.command("workbench.action.closePanel"); // hidden, it lives on
    const [before] = await sessions(workbench);
    expectSame(await classify(workbench), 1e-4);
    expect((await sessions(workbench))[0]).toBe(before);
    const destinationId = "workbench.view.explorer";
    await workbench.command("vscode.moveViews", { viewIds: ["cloze.engine"], destinationId }); // its page is made anew
    expectSame(await classify(workbench), 1e-4);
    await workbench.reload();
    expectSame(await classify(workbench), 1e-4);
  });

  test("a workspace that is not trusted is read as any other", async () => {
    const settings = { "cloze.engine.device": "wasm" };
    await using editor = await startCodeServer({ host: "node", trust: true, files, settings });
    await using workbench = await Workbench.open(browser, editor);
    expect(await workbench.run((vscode) => vscode.workspace.isTrusted)).toBe(false);
    await workbench.open("a.txt");
    await workbench.selectAll();
    await workbench.palette("Cloze: Classify Selection");
    await expect
      .poll(() => workbench.decorationTexts(), { timeout: 60_000 })
      .toContainEqual(expect.stringContaining("positive"));
  });

  test("an engine that nobody needs leaves memory, and comes back", async () => {
    const settings = { "cloze.engine.device": "wasm", "cloze.engine.unloadAfter": 0.02 };
    await using editor = await startVscodeWeb({ files, settings });
    await using workbench = await Workbench.open(browser, editor);
    expectSame(await classify(workbench), 1e-4);
    await expect.poll(async () => (await sessions(workbench)).length, { timeout: 10_000 }).toBe(0);
    expectSame(await classify(workbench), 1e-4);
  });
});
