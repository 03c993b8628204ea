/**
 * A folder in one file: a zip, such as a `.cloze` file is. Unpacked in memory: plugins are small.
 */
import { ClozeError } from "@cloze/core";
import { unzipSync } from "fflate";
import { MemoryFiles } from "./memory.ts";

/** More than any head has: a guard against a small file that unpacks to a huge one. */
const MAX_BYTES = 2 ** 28;

/**
 * Opens a zip.
 *
 * @param bytes The whole file.
 * @param location What it is called in messages.
 * @throws ClozeError `invalid-plugin` for what is no zip, or is too large.
 */
export function openZip(bytes: Uint8Array, location: string): MemoryFiles {
  let size = 0;
  let entries: Readonly<Record<string, Uint8Array>>;
  try {
    entries = unzipSync(bytes, {
      filter({ name, originalSize }) {
        size += originalSize;
        if (size > MAX_BYTES) throw new RangeError(`it unpacks to more than ${MAX_BYTES} bytes`);
        return !name.endsWith("/");
      },
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ClozeError("invalid-plugin", `${location} is no plugin in one file (a zip): ${why}.`, {
      cause,
    });
  }
  const files = Object.entries(entries);
  // Whoever zips a folder rather than what is in it gets one folder more.
  const root =
    /^([^/]+\/)plugin\.json$/.exec(
      files.map(([name]) => name).find((name) => name.endsWith("plugin.json")) ?? "",
    )?.[1] ?? "";
  return new MemoryFiles(
    new Map(
      files.map(([name, data]) => [
        name.startsWith(root) ? name.slice(root.length) : name,
        Uint8Array.from(data),
      ]),
    ),
    location,
  );
}
