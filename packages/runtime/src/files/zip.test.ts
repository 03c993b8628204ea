import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openZip, packZip } from "./zip.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (content: string | Uint8Array) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;
const open = (bytes: Uint8Array, limits?: { bytes: number; entries: number }) =>
  openZip(bytes, "a.cloze", limits);
const files = new Map<string, string | Uint8Array>([
  ["plugin.json", '{"name":"moods"}'],
  ["head.safetensors", Uint8Array.from({ length: 300 }, (_, i) => i)],
  ["naïve/読む.txt", ""],
]);

/** A zip of one compressed file, whose headers may lie about its size. */
function packed(content: Uint8Array, size = content.length): Uint8Array<ArrayBuffer> {
  const data = deflateRawSync(content);
  const zip = packZip(new Map([["plugin.json", data]]));
  const plain = new DataView(packZip(new Map([["plugin.json", content]])).buffer);
  const view = new DataView(zip.buffer);
  const directory = view.getUint32(zip.length - 6, true);
  for (const [header, shift] of [
    [0, 8],
    [directory, 10],
  ]) {
    view.setUint16(header + shift, 8, true);
    view.setUint32(header + shift + 6, plain.getUint32(14, true), true); // the checksum of what is packed
    view.setUint32(header + shift + 14, size, true);
  }
  return zip;
}

describe("a zip", () => {
  it("gives back the files that it was packed from", async () => {
    const opened = await open(packZip(files));
    expect((await opened.list()).files.get("head.safetensors")).toBe(300);
    expect(text(await opened.read("plugin.json"))).toBe('{"name":"moods"}');
    expect((await opened.list()).folders).toEqual(["naïve"]);
    expect(await opened.read("head.safetensors")).toEqual(files.get("head.safetensors"));
  });

  it("may be one of Node's buffers, and its files begin where their buffers do", async () => {
    const opened = await open(Buffer.from(packZip(files)));
    expect((await opened.read("head.safetensors")).byteOffset).toBe(0);
  });

  it("has the same bytes whatever the order of its files", () => {
    expect(packZip(new Map([...files].reverse()))).toEqual(packZip(files));
  });

  it("may be compressed", async () => {
    const content = new TextEncoder().encode("moods ".repeat(1000));
    expect(await (await open(packed(content))).read("plugin.json")).toEqual(content);
  });

  it("is refused before it is unpacked where it says that it is too large, or holds too much", async () => {
    const limits = { bytes: 1000, entries: 2 };
    await expect(open(packed(new Uint8Array(1001)), limits)).rejects.toThrow("more than 1000 bytes");
    await expect(open(packZip(files), limits)).rejects.toThrow("more than 2 files");
  });

  it.each([10, 0, 5001])(
    "that says %d of 5000 bytes is refused, with no more unpacked than that",
    async (size) => {
      await expect(open(packed(new Uint8Array(5000), size))).rejects.toMatchObject({
        code: "invalid-plugin",
      });
    },
  );

  it("with two files of one name is refused: which one counts is a matter of opinion", async () => {
    const zip = packZip(
      new Map([
        ["plugin.json", "{}"],
        ["plugin.jsoN", "[]"],
      ]),
    );
    for (let i = 0; i < zip.length; i++) if (zip[i] === "N".charCodeAt(0)) zip[i] = "n".charCodeAt(0);
    await expect(open(zip)).rejects.toThrow("two files plugin.json");
  });

  it("whose bytes were changed is refused, or says the same", async () => {
    const whole = packZip(files);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = whole.slice();
        bytes[at] ^= flip;
        try {
          const opened = await open(bytes);
          for (const name of (await opened.list()).files.keys())
            if (files.has(name)) expect(await opened.read(name)).toEqual(bytesOf(files.get(name)!));
        } catch (error) {
          expect(error).toMatchObject({ name: "ClozeError", code: "invalid-plugin" });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("that is cut off anywhere is refused", async () => {
    const whole = packZip(files);
    for (let length = 0; length < whole.length; length++)
      await expect(open(whole.subarray(0, length))).rejects.toMatchObject({ code: "invalid-plugin" });
  });
});
