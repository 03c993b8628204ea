import { expect, test, vi } from "vitest";
import type * as vscode from "vscode";
import { findInFolder } from "./folder.ts";

const there: Readonly<Record<string, readonly [string, number][]>> = {
  "": [
    ["config.json", 1],
    ["model.safetensors", 1],
    ["notes", 64],
    ["plugins", 2],
  ],
  "plugins/": [["moods", 2]],
  "plugins/moods/": [["plugin.json", 1]],
};
const looked: string[] = [];

vi.mock("vscode", () => ({
  l10n: { t: (text: string) => text },
  FileType: { Directory: 2 },
  FileSystemError: class extends Error {},
  Uri: { joinPath: (_: unknown, path: string) => path },
  workspace: {
    fs: {
      readDirectory: async (path: string) => there[path],
      async stat(path: string) {
        looked.push(path);
        if (path === "notes") throw new Error("a link to nothing");
        return { size: 7 };
      },
    },
  },
}));

test("of a folder only the model's files are looked at: another that is broken is no matter", async () => {
  const folder = { scheme: "file", fsPath: "/models/tiny" } as vscode.Uri;
  const { files, source } = await findInFolder(folder);
  expect(source).toBe("/models/tiny");
  const paths = ["config.json", "plugins/moods/plugin.json", "model.safetensors"];
  expect(files).toEqual(paths.map((path) => ({ path, size: 7 })));
  expect(looked).toEqual(paths);
});
