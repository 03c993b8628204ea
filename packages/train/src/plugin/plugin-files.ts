/**
 * A plugin as files: what its folder holds, as bytes by name. Where they are put is left to whoever asks: a disk, a
 * zip, a server.
 */
import type { HeadWeights, Plugin } from "@cloze/core";
import { encodeSafetensors } from "@cloze/runtime/safetensors";

/**
 * The files of a plugin's folder: `plugin.json`, `head.safetensors` and `README.md`, its card.
 *
 * @param card What the card says below the plugin's title; by default what is known of it.
 * @example
 * const files = await pluginFiles({ plugin, weights: new Map() });
 * [...files.keys()]; // ["plugin.json", "head.safetensors", "README.md"]
 */
export async function pluginFiles(
  { plugin, weights }: HeadWeights,
  card = describe(plugin),
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const tensors = [...weights].map(([name, { dims, data }]) => {
    const floats = Float32Array.from(data);
    return { name, dtype: "F32", shape: dims, chunks: () => [new Uint8Array(floats.buffer)] } as const;
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeSafetensors(tensors)) chunks.push(chunk);
  return new Map([
    ["plugin.json", encode(`${pluginText(plugin)}\n`)],
    ["head.safetensors", join(chunks)],
    ["README.md", encode(`# ${plugin.title}\n\n${card}\n`)],
  ]);
}

/** The `plugin.json` of a plugin: what `parsePlugin` reads. */
function pluginText(plugin: Plugin): string {
  return JSON.stringify({ ...plugin, scope: undefined }, null, 2); // a reader makes its own of the name
}

function describe({ kind, labels, features, encoder, examples, metrics, licence }: Plugin): string {
  const lines = [
    `A head of kind ${kind} on the features \`${features}\` of ${encoder?.name ?? "a frozen encoder"}, trained with Cloze.`,
    "",
    `- Labels: ${labels.join(", ")}`,
    ...Object.entries(metrics).map(([name, value]) => `- ${name}: ${String(value)}`),
    ...(licence === undefined ? [] : [`- Licence: ${licence}`]),
    ...examples.map((example) => `- Try: \`${JSON.stringify(example)}\``),
  ];
  return lines.join("\n");
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
