/**
 * A folder in one file: a zip, such as a `.cloze` file is. Unpacked in memory: plugins are small.
 */
import { ClozeError } from "@cloze/core";
import { MemoryFiles } from "./memory.ts";

/** More than any head has: a guard against a small file that unpacks to a huge one. */
const MAX_BYTES = 2 ** 28;

/**
 * Opens a zip. Every file in it is checked against its checksum.
 *
 * @param bytes The whole file.
 * @param location What it is called in messages.
 * @throws ClozeError `invalid-plugin` for what is no zip, is damaged or too large.
 */
export async function openZip(bytes: Uint8Array, location: string): Promise<MemoryFiles> {
  const { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } = await import("@zip.js/zip.js"); // few models need it
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  try {
    const zip = new ZipReader(new Uint8ArrayReader(bytes), { useWebWorkers: false, checkSignature: true });
    const entries = (await zip.getEntries()).filter((entry) => !entry.directory);
    const size = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    if (size > MAX_BYTES) throw new RangeError(`it unpacks to more than ${MAX_BYTES} bytes`);
    // Whoever zips a folder rather than what is in it gets one folder more.
    const root = entries.map(({ filename }) => /^(?:[^/]+\/)?(?=plugin\.json$)/.exec(filename)?.[0]);
    const below = root.filter((folder) => folder !== undefined).sort((a, b) => a.length - b.length)[0] ?? "";
    for (const entry of entries)
      if (entry.filename.startsWith(below))
        files.set(
          entry.filename.slice(below.length),
          Uint8Array.from(await entry.getData(new Uint8ArrayWriter())),
        );
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ClozeError(
      "invalid-plugin",
      `${location} is no plugin in one file (a zip), or is damaged: ${why}.`,
      {
        cause,
      },
    );
  }
  return new MemoryFiles(files, location);
}
