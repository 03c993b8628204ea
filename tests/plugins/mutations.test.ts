/**
 * Files and requests that were changed at random: each is refused with a status of 4xx, or it is a plugin that answers.
 * What was installed before stays as it was, and nothing stays in memory. `CLOZE_LONG=1` tries 10,000 in place of 500.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { memoryBlobs, PluginStore } from "@cloze/edge";
import { packZip } from "@cloze/runtime/plugin";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { partsOf } from "./files.ts";
import { startStand } from "./stand.ts";
import type { Stand } from "./stand.ts";

const runs = process.env.CLOZE_LONG ? 10_000 : 500;
const timeout = 200 * runs + 60_000;

/** A change of bytes: some flipped, some taken out, some put in, or the end cut off. */
const change = fc.oneof(
  fc.record({
    flips: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 8 }),
  }),
  fc.record({ at: fc.nat(), out: fc.nat(64), put: fc.uint8Array({ maxLength: 64 }) }),
  fc.record({ cut: fc.nat() }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function mutate(bytes: Uint8Array, changed: Change): Uint8Array<ArrayBuffer> {
  if ("cut" in changed) return bytes.slice(0, changed.cut % bytes.length);
  if ("at" in changed) {
    const at = changed.at % bytes.length;
    return Uint8Array.of(...bytes.subarray(0, at), ...changed.put, ...bytes.subarray(at + changed.out));
  }
  const copy = bytes.slice();
  for (const [at, flip] of changed.flips) copy[at % copy.length] ^= flip;
  return copy;
}

/** A `plugin.json` with one field that is something else. */
const description = fc.record({
  field: fc.constantFrom(
    "name",
    "kind",
    "labels",
    "features",
    "encoder",
    "maxLength",
    "overlap",
    "threshold",
    "tied",
    "examples",
    "__proto__",
    "constructor",
    "scope",
    "metrics",
    "version",
    "title",
  ),
  value: fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom("choice", "masked-lm", "hidden", "last-four", 1e9),
  ),
});

/** Files that were a plugin: changed as bytes, in their weights, or in their description. */
function mutants(parts: ReadonlyMap<string, string | Uint8Array>): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const whole = packZip(parts);
  const json = JSON.parse(String(parts.get("plugin.json"))) as object;
  const weights = parts.get("head.safetensors") as Uint8Array;
  return fc.oneof(
    change.map((one) => mutate(whole, one)),
    change.map((one) => packZip(new Map([...parts, ["head.safetensors", mutate(weights, one)]]))),
    description.map(({ field, value }) =>
      packZip(
        new Map([
          ...parts,
          [
            "plugin.json",
            JSON.stringify(Object.defineProperty({ ...json }, field, { value, enumerable: true })),
          ],
        ]),
      ),
    ),
  );
}

/** What a plugin of a kind takes. */
function inputOf(kind: string): object {
  if (kind === "next-sentence") return { text: "a", pair: "b" };
  return kind === "choice" ? { context: "a", choices: ["b", "c"] } : { text: "a warm film" };
}

describe("a Worker that is sent nonsense", () => {
  let stand: Stand;
  let kept: unknown;
  beforeAll(async () => {
    stand = await startStand("kv");
    const parts = await partsOf("sentiment", { name: "kept" });
    expect((await stand.send("PUT", "/v1/plugins/kept", packZip(parts))).status).toBe(201);
    kept = await listed();
  });
  afterAll(() => stand?.[Symbol.asyncDispose]());

  const listed = async () => (await stand.send("GET", "/v1/plugins")).body.plugins;

  /** Puts a file; one that is taken answers, and is removed. */
  async function expectSound(file: Uint8Array): Promise<void> {
    const { status, body } = await stand.send("PUT", "/v1/plugins/mutant", file);
    if (status === 201) {
      const run = await stand.send("POST", "/v1/plugins/mutant", inputOf(body.kind));
      expect(run.status).toBe(200);
      expect(JSON.stringify(run.body)).not.toContain("null");
      expect((await stand.send("DELETE", "/v1/plugins/mutant")).status).toBe(204);
    } else {
      expect([400, 413, 422]).toContain(status);
      expect(body.detail).toMatch(/^[^\n]+[.?]$/);
    }
  }

  it(
    "refuses it, or it is a plugin",
    async () => {
      const file = mutants(await partsOf("sentiment", { name: "mutant" }));
      await fc.assert(fc.asyncProperty(file, expectSound), { numRuns: runs });
      expect(await listed()).toEqual(kept);
      expect(await stand.keys()).toHaveLength(2);
    },
    timeout,
  );

  it(
    "keeps nothing of it in memory",
    async () => {
      setFlagsFromString("--expose-gc");
      const collect = runInNewContext("gc") as () => void;
      const held = (): number => {
        collect();
        const { heapUsed, external } = process.memoryUsage();
        return heapUsed + external;
      };
      const { config, plugins } = stand.bert;
      const { encoder } = plugins.find(({ name }) => name === "sentiment")!;
      const store = new PluginStore({ blobs: memoryBlobs(), encoder, config });
      const files = fc.sample(mutants(await partsOf("sentiment", { name: "mutant" })), {
        numRuns: 200,
        seed: 1,
      });
      const putAll = async () => {
        for (const file of files)
          await store.install("mutant", file).then(
            () => store.remove("mutant"),
            () => {},
          );
      };
      await putAll();
      const before = held();
      for (let n = 0; n < runs; n += files.length) await putAll();
      expect(held() - before).toBeLessThan(2 ** 20);
    },
    timeout,
  );

  it(
    "refuses requests that make no sense",
    async () => {
      const request = fc.record({
        method: fc.constantFrom("PUT", "POST", "DELETE", "PATCH"),
        name: fc.oneof(
          fc.constantFrom(
            "sentiment",
            "nobody",
            "head",
            "..",
            "%2e%2e",
            "a%2fb",
            "kept/versions",
            "%ff",
            "A",
          ),
          fc.string({ maxLength: 80 }).map(encodeURIComponent),
        ),
        end: fc.constantFrom("", "/version", "/"),
        type: fc.constantFrom("application/zip", "application/json", "text/plain", "", "application/zip; x"),
        body: fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((text) => new TextEncoder().encode(text)),
        ),
      });
      await fc.assert(
        fc.asyncProperty(request, async ({ method, name, end, type, body }) => {
          if (decodeSafely(name) === "kept") return;
          const { status } = await stand.send(method, `/v1/plugins/${name}${end}`, body, {
            "content-type": type,
          });
          expect(status).toBeGreaterThanOrEqual(400);
          expect(status).toBeLessThan(500);
        }),
        { numRuns: runs },
      );
      expect(await listed()).toEqual(kept);
    },
    timeout,
  );
});

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
