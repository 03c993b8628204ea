/**
 * What lies in a model folder behind HTTP, which has no listing: `files.json` says it where there is one, else the names
 * that models have are tried.
 */
import { ClozeError } from "@cloze/core";

/** The name of the list, in the folder. */
export const MANIFEST = "files.json";

/** One file of a folder. */
export interface FileEntry {
  readonly size: number;
  /** Its SHA-256, in hexadecimal digits, where it is known. */
  readonly sha256?: string | undefined;
  /** The files that it lies in, one after another, where a host takes no file of its size. */
  readonly parts?: readonly string[] | undefined;
}

/** What a folder without a list may hold. Plugins are not found so. */
export const usualNames = [
  "config.json",
  "tokenizer_config.json",
  "tokenizer.json",
  "vocab.txt",
  "special_tokens_map.json",
  "added_tokens.json",
  "model.safetensors",
  "model.safetensors.index.json",
] as const;

/**
 * Reads `files.json`: `{"files": {"config.json": {"size": 503, "sha256": "…"}, …}}`.
 *
 * @throws ClozeError `invalid-model`.
 */
export function parseManifest(text: string, location: string): ReadonlyMap<string, FileEntry> {
  const wrong = (what: string) =>
    new ClozeError("invalid-model", `${MANIFEST} at ${location} ${what}: make it again.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw wrong("is not JSON");
  }
  const files = (json as { readonly files?: unknown } | null)?.files;
  if (typeof files !== "object" || files === null) throw wrong('has no list "files"');
  for (const [path, entry] of Object.entries(files))
    if (!isEntry(path, entry)) throw wrong(`misreports ${path}`);
  return new Map(Object.entries(files as Record<string, FileEntry>));
}

function isEntry(path: string, entry: unknown): boolean {
  if (typeof entry !== "object" || entry === null) return false;
  const { size, sha256, parts = [] } = entry as Readonly<Record<string, unknown>>;
  return (
    isBelow(path) &&
    Number.isSafeInteger(size) &&
    Number(size) >= 0 &&
    (sha256 === undefined || (typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256))) &&
    Array.isArray(parts) &&
    parts.every(isBelow)
  );
}

/** Whether a path stays in its folder. */
function isBelow(path: unknown): boolean {
  return (
    typeof path === "string" && /^[\w.@+-]+(\/[\w.@+-]+)*$/.test(path) && !path.split("/").includes("..")
  );
}
