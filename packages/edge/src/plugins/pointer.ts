/**
 * What is kept of an installed plugin beside its files: which of them is live, and which there were before. One small
 * record a plugin, so that one write changes what it answers. Files lie under their hash and never change.
 */
import { parsePlugin } from "@cloze/core";
import type { Plugin } from "@cloze/core";
import * as z from "zod";

/** What may be a plugin's name: as in `plugin.json`, and here a part of a key. */
export const PLUGIN_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A file that was installed. */
export const versionSchema = z.object({
  version: z.string().describe("As its plugin.json says."),
  sha256: sha256.describe("Of the file."),
  bytes: z.int(),
  installedAt: z.string().describe("ISO 8601."),
});

/** A file that was installed. */
export type InstalledVersion = z.output<typeof versionSchema>;

const recordSchema = z.object({
  active: sha256,
  /** What is live, as its `plugin.json` says: so that a list reads no files. */
  description: z.record(z.string(), z.unknown()),
  versions: z.array(versionSchema).min(1),
});

/** A plugin that was installed while the service ran. */
export interface InstalledPlugin {
  /** What is live. */
  readonly plugin: Plugin;
  /** The hash of the file that is live. */
  readonly active: string;
  /** Files that it can be rolled back to, the one installed last first. */
  readonly versions: readonly InstalledVersion[];
}

const POINTERS = "plugins/active/";
const JSON_END = ".json";

export const pointerPrefix = POINTERS;
export const pointerKey = (name: string): string => `${POINTERS}${name}${JSON_END}`;
export const fileKey = (hash: string): string => `plugins/files/${hash}.cloze`;

/** The plugin that a pointer's key is of. */
export function pointerName(key: string): string {
  return key.slice(POINTERS.length, -JSON_END.length);
}

export function encodePointer({ plugin, active, versions }: InstalledPlugin): Uint8Array<ArrayBuffer> {
  const { scope: _, ...description } = plugin; // follows from the name
  return new TextEncoder().encode(JSON.stringify({ active, description, versions }));
}

/** Reads a pointer, or says that it cannot be read. */
export function decodePointer(bytes: Uint8Array): InstalledPlugin | undefined {
  try {
    const record = recordSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    if (!record.versions.some((one) => one.sha256 === record.active)) return undefined;
    const plugin = parsePlugin(JSON.stringify(record.description));
    return { plugin, active: record.active, versions: record.versions };
  } catch {
    return undefined;
  }
}
