/** Plugins in one file for tests: the starter's own heads under other names, changed as a test wants them. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { packZip } from "@cloze/runtime/plugin";
import { starter } from "../starter.ts";

/** The files of one of the starter's heads, named `my-NAME`. */
export async function partsOf(name: string, changes: object = {}): Promise<Map<string, string | Uint8Array>> {
  const folder = path.join(starter, "plugins", name);
  const json = JSON.parse(await readFile(path.join(folder, "plugin.json"), "utf8")) as object;
  return new Map<string, string | Uint8Array>([
    ["plugin.json", JSON.stringify({ ...json, name: `my-${name}`, ...changes })],
    ["head.safetensors", await readFile(path.join(folder, "head.safetensors"))],
    ["README.md", `# ${name}`],
  ]);
}

/** The same in one file. */
export async function copyOf(name: string, changes: object = {}): Promise<Uint8Array<ArrayBuffer>> {
  return packZip(await partsOf(name, changes));
}
