import { beforeEach, expect, test, vi } from "vitest";
import type * as vscode from "vscode";
import { Models } from "./models.ts";
import type { ModelSource } from "./models.ts";

const files = new Map<string, Uint8Array>();

vi.mock("vscode", () => {
  class FileSystemError extends Error {
    code = "FileNotFound";
  }
  return {
    FileSystemError,
    l10n: { t: (text: string) => text },
    Uri: { joinPath: (folder: string, ...names: string[]) => [folder, ...names].join("/") },
    workspace: {
      fs: {
        async readFile(path: string) {
          if (!files.has(path)) throw new FileSystemError();
          return files.get(path);
        },
        writeFile: async (path: string, bytes: Uint8Array) => void files.set(path, bytes),
        async delete(path: string) {
          const below = [...files.keys()].filter((file) => file === path || file.startsWith(`${path}/`));
          if (below.length === 0) throw new FileSystemError();
          for (const file of below) files.delete(file);
        },
      },
    },
  };
});
beforeEach(() => files.clear());

const bytesOf = (path: string) =>
  new TextEncoder().encode(path === "config.json" ? '{"model_type":"bert"}' : path);

/** A model whose weights come when a test lets them. */
function makeSource() {
  let come: (() => void) | undefined;
  const weights = new Promise<void>((resolve) => (come = resolve));
  const paths = ["config.json", "model.safetensors"];
  const source: ModelSource = {
    source: "here",
    files: paths.map((path) => ({ path, size: bytesOf(path).length })),
    async read({ path }) {
      if (path === "model.safetensors") await weights;
      return bytesOf(path);
    },
  };
  return { source, come: () => come!() };
}

const makeModels = () =>
  new Models({
    extensionUri: "extension",
    globalStorageUri: "storage",
  } as unknown as vscode.ExtensionContext);

test("a model that is being added is whole then, whoever wants to add or remove it meanwhile", async () => {
  const models = makeModels();
  const { source, come } = makeSource();
  const added = models.add("org/tiny", source, {});
  await expect.poll(() => files.size).toBe(1);
  await expect(models.add("org/tiny", source, {})).rejects.toMatchObject({ code: "unsupported" });
  await expect(models.remove({ name: "org/tiny" } as never)).rejects.toMatchObject({ code: "unsupported" });
  come();
  const model = await added;
  expect(model).toMatchObject({ complete: true });
  const there = new Set([...files.keys()].map((path) => path.split("/").at(-1)));
  expect(there).toEqual(new Set(["config.json", "model.safetensors", "files.json"]));
  await models.remove(model);
  expect(files.size).toBe(0);
});

test("a model whose adding was cancelled can be added again", async () => {
  const models = makeModels();
  const { source, come } = makeSource();
  const abort = new AbortController();
  const added = models.add("tiny", source, abort);
  abort.abort();
  come();
  await expect(added).rejects.toMatchObject({ code: "aborted" });
  expect(files.size).toBe(0);
  expect(await models.add("tiny", source, {})).toMatchObject({ complete: true });
});
