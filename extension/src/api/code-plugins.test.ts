import { expect, test, vi } from "vitest";
import type { ClozePlugin } from "../../api.d.ts";
import type { Engine } from "../engine/engine.ts";
import { CodePlugins } from "./code-plugins.ts";

const commands = new Set<string>();
vi.mock("vscode", () => ({
  l10n: { t: (text: string) => text },
  FileSystemError: class extends Error {},
  EventEmitter: class {
    event = () => {};
    fire() {}
    dispose() {}
  },
  Disposable: class {
    dispose: () => void;
    constructor(dispose: () => void) {
      this.dispose = dispose;
    }
  },
  commands: {
    registerCommand(id: string) {
      if (commands.has(id)) throw new Error("taken");
      commands.add(id);
      return { dispose: () => commands.delete(id) };
    },
  },
}));

const plugin: ClozePlugin = { name: "vowels", features: "mean", run: () => ({}) };

test("a name is free until a plugin has it, and again when that is gone", () => {
  const plugins = new CodePlugins({} as Engine);
  plugins.expectFree("vowels");
  const added = plugins.add(plugin);
  expect(() => plugins.expectFree("vowels")).toThrow(expect.objectContaining({ code: "invalid-plugin" }));
  expect(() => plugins.add(plugin)).toThrow(expect.objectContaining({ code: "invalid-plugin" }));
  added.dispose();
  plugins.expectFree("vowels");
  expect([...commands]).toEqual([]);
});

test("a name whose command an installed plugin has is refused", () => {
  commands.add("cloze.plugin.vowels");
  const plugins = new CodePlugins({} as Engine);
  expect(() => plugins.add(plugin)).toThrow(expect.objectContaining({ code: "invalid-plugin" }));
  expect(plugins.has("vowels")).toBe(false);
});

test("a plugin that is cancelled is not called again", async () => {
  const engine = { run: async (_: string, args: { inputs: readonly object[] }) => args.inputs };
  const plugins = new CodePlugins(engine as unknown as Engine);
  const abort = new AbortController();
  const read: string[] = [];
  plugins.add({
    ...plugin,
    name: "slow",
    run({ text }) {
      abort.abort();
      return { count: read.push(text) };
    },
  });
  await expect(plugins.run("slow", [{ text: "a" }, { text: "b" }], abort)).rejects.toMatchObject({
    code: "aborted",
  });
  expect(read).toEqual(["a"]);
});
