import { afterEach, expect, test, vi } from "vitest";
import { findOnHub } from "./hub.ts";

vi.mock("vscode", () => ({
  l10n: { t: (text: string, ...parts: unknown[]) => text.replace(/\{(\d)\}/g, (_, i) => String(parts[i])) },
  FileSystemError: class extends Error {},
}));
afterEach(() => vi.unstubAllGlobals());

/** A hub with one model, whose files are all of these bytes. */
function serve(size: number | undefined, body = "{}") {
  const names = ["config.json", "model.safetensors"];
  const siblings = names.map((rfilename) => ({ rfilename, ...(size !== undefined && { size }) }));
  vi.stubGlobal("fetch", async (url: string) =>
    url.includes("/api/") ? Response.json({ sha: "a".repeat(40), siblings }) : new Response(body),
  );
  return findOnHub("https://hub.invalid", "org/tiny", undefined);
}

test("a hub that does not tell how large files are is none: they would be taken for empty", async () => {
  await expect(serve(undefined)).rejects.toMatchObject({ code: "server-error" });
});

test.each([
  ["longer than was told", 0],
  ["much longer", 1],
])("a file that is %s is damaged", async (_, size) => {
  const source = await serve(size);
  await expect(source.read(source.files[0], () => {}, undefined)).rejects.toMatchObject({
    code: "invalid-model",
  });
});

test("a file is read as it was told", async () => {
  const source = await serve(2);
  expect(new TextDecoder().decode(await source.read(source.files[0], () => {}, undefined))).toBe("{}");
});

test.each([
  [
    "a size below nothing",
    {
      siblings: [
        { rfilename: "config.json", size: -1 },
        { rfilename: "model.safetensors", size: 1 },
      ],
    },
  ],
  ["no list of files", { siblings: {} }],
])("a hub that tells %s is none", async (_, model) => {
  vi.stubGlobal("fetch", async () => Response.json({ sha: "a".repeat(40), ...model }));
  await expect(findOnHub("https://hub.invalid", "org/tiny", undefined)).rejects.toMatchObject({
    code: "server-error",
  });
});

test.each([
  ["was cancelled", "AbortError", "aborted"],
  ["broke off", "TypeError", "server-unavailable"],
])("an answer that %s midway is not taken for no hub's", async (_, name, code) => {
  const body = () =>
    new ReadableStream({
      pull(stream) {
        stream.error(name === "AbortError" ? new DOMException("", name) : new TypeError("terminated"));
      },
    });
  vi.stubGlobal("fetch", async () => new Response(body()));
  await expect(findOnHub("https://hub.invalid", "org/tiny", undefined)).rejects.toMatchObject({ code });
});
