import { expect, test, vi } from "vitest";
import type { Cloze } from "../cloze.ts";
import { registerPluginCommands } from "./run-plugin.ts";

const commands = new Set<string>();
vi.mock("./pick-plugin.ts", () => ({}));
vi.mock("./run-on-texts.ts", () => ({}));
vi.mock("vscode", () => ({
  FileSystemError: class extends Error {},
  Uri: { joinPath: () => "files.json" },
  Disposable: Object.assign(vi.fn(), { from: vi.fn() }),
  commands: {
    registerCommand(id: string) {
      if (commands.has(id)) throw new Error(`${id} is there already`);
      commands.add(id);
      return { dispose: () => commands.delete(id) };
    },
  },
  workspace: {
    onDidChangeConfiguration() {},
    fs: { readFile: async () => new TextEncoder().encode('{"files":{}}') },
  },
}));

test("an installed plugin leaves its command to one of code that came first, and gets it when that is gone", async () => {
  const code = new Set(["moods"]);
  commands.add("cloze.plugin.moods"); // as whoever brings it has registered it
  let tell: (() => void) | undefined;
  registerPluginCommands({
    models: { current: async () => ({}) },
    plugins: { list: async () => [{ name: "moods" }, { name: "topics" }], onDidChange() {} },
    codePlugins: { has: (name: string) => code.has(name), onDidChange: (hear: () => void) => (tell = hear) },
    log: { error: (why: unknown) => expect.fail(String(why)) },
  } as unknown as Cloze);
  await expect.poll(() => [...commands]).toEqual(["cloze.plugin.moods", "cloze.plugin.topics"]);
  code.clear();
  commands.delete("cloze.plugin.moods");
  tell!();
  await expect.poll(() => [...commands]).toEqual(["cloze.plugin.topics", "cloze.plugin.moods"]);
});
