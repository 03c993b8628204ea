import { beforeEach, expect, test, vi } from "vitest";
import type * as vscode from "vscode";
import type { PluginFile } from "../engine/protocol.ts";
import { Plugins } from "./plugins.ts";

const files = new Map<string, Uint8Array>();
let full = false;

vi.mock("vscode", () => {
  class FileSystemError extends Error {
    code = "FileNotFound";
  }
  return {
    FileSystemError,
    EventEmitter: class {
      event = () => {};
      fire() {}
      dispose() {}
    },
    Uri: { joinPath: (folder: string, name: string) => `${folder}/${name}` },
    workspace: {
      fs: {
        async createDirectory() {},
        async readFile(path: string) {
          if (!files.has(path)) throw new FileSystemError();
          return files.get(path);
        },
        async writeFile(path: string, bytes: Uint8Array) {
          if (full && path.endsWith(".json")) throw new Error("no space left");
          files.set(path, bytes);
        },
        async delete(path: string) {
          if (!files.delete(path)) throw new FileSystemError();
        },
      },
    },
  };
});
beforeEach(() => files.clear());

test("a plugin that cannot be replaced as a whole is not told to be the one before", async () => {
  const plugins = new Plugins({ globalStorageUri: "storage" } as unknown as vscode.ExtensionContext);
  const one = { name: "moods", title: "One", bytes: new Uint8Array([1]) } as unknown as PluginFile;
  await plugins.save(one);
  expect(await plugins.find("moods")).toMatchObject({ title: "One" });
  full = true;
  await expect(plugins.save({ ...one, title: "Two", bytes: new Uint8Array([2]) })).rejects.toThrow(
    "no space",
  );
  expect(await plugins.find("moods")).toBeUndefined();
});
