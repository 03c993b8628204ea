/**
 * Where a model runs fastest, remembered: by model, graphics card and version, since each may change the answer.
 */
import { sha256 } from "../files/files.ts";
import { quietly } from "./cache.ts";

/** Where it is remembered which device is faster. */
export interface DeviceChoices {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

const NAME = "cloze-devices";

/** The browser's Cache API, where there is one. */
export const cachedChoices: DeviceChoices = {
  get: (key) =>
    quietly(async () => {
      const found = await (await globalThis.caches?.open(NAME))?.match(addressOf(key));
      return found?.text();
    }),
  set: async (key, value) =>
    quietly(async () => (await globalThis.caches?.open(NAME))?.put(addressOf(key), new Response(value))),
};

const addressOf = (key: string): string => `https://cloze.invalid/${key}`;

/** The key of what is true of all these together. */
export function keyOf(parts: readonly string[]): Promise<string> {
  return sha256(new TextEncoder().encode(JSON.stringify(parts)));
}
