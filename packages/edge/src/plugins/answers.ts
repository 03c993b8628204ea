/** What is told of plugins over HTTP: the schemas, and how each kind of plugin becomes such an answer. */
import type { CodePlugin, Plugin } from "@cloze/core";
import * as z from "zod";
import { expected, object } from "../inputs.ts";
import { versionSchema } from "./pointer.ts";
import type { InstalledPlugin } from "./pointer.ts";
import type { DamagedPlugin } from "./store.ts";

const record = z.record(z.string(), z.unknown());

export const pluginSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  version: z.string(),
  source: z
    .enum(["bundled", "code", "installed"])
    .describe("Whether it came with the model, is part of the service, or was installed while it ran."),
  kind: z.string().optional().describe("What its head does; code has no head."),
  labels: z.array(z.string()).optional(),
  features: z.string().describe("What it reads of the encoder."),
  maxLength: z.int().optional(),
  licence: z.string().optional(),
  metrics: record.optional().describe("What was measured."),
  examples: z.array(record).optional().describe("Inputs to try it on."),
  sha256: z.string().optional().describe("Of the file that is live."),
  versions: z.array(versionSchema).optional().describe("What it can be rolled back to, the latest first."),
});

const brokenSchema = z.strictObject({
  name: z.string(),
  source: z.literal("installed"),
  error: z.strictObject({ code: z.string(), message: z.string() }).describe("Why it cannot run."),
});

export const listSchema = z.strictObject({ plugins: z.array(z.union([pluginSchema, brokenSchema])) });

export type PluginList = z.output<typeof listSchema>;
type Told = z.output<typeof pluginSchema>;

export const versionBody = object({
  version: z
    .string(expected("a version, or the hash of a file"))
    .describe("As its plugin.json says, or the file's SHA-256."),
});

export function tellBundled(plugin: Plugin): Told {
  return { ...tellHead(plugin), source: "bundled" };
}

export function tellCode({ name, title, version, features, maxLength }: CodePlugin): Told {
  return { name, title, version, features, ...(maxLength !== undefined && { maxLength }), source: "code" };
}

export function tellInstalled({ plugin, active, versions }: InstalledPlugin): Told {
  return { ...tellHead(plugin), source: "installed", sha256: active, versions: [...versions] };
}

export function tellStored(found: InstalledPlugin | DamagedPlugin): PluginList["plugins"][number] {
  if (!("error" in found)) return tellInstalled(found);
  const { code, message } = found.error;
  return { name: found.name, source: "installed", error: { code, message } };
}

function tellHead(plugin: Plugin): Omit<Told, "source"> {
  const { name, title, version, kind, labels, features, metrics, examples, maxLength, licence } = plugin;
  return {
    name,
    title,
    version,
    kind,
    labels: [...labels],
    features,
    metrics,
    examples: [...examples],
    ...(maxLength !== undefined && { maxLength }),
    ...(licence !== undefined && { licence }),
  };
}
