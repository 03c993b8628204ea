import { presets } from "@cloze/core";
import { packZip } from "@cloze/runtime/plugin";
import { encodeSafetensors } from "@cloze/runtime/safetensors";
import { beforeEach, describe, expect, it } from "vitest";
import type { Blobs } from "./blobs.ts";
import { assetBlobs, assetFiles } from "./blobs/assets.ts";
import { memoryBlobs } from "./blobs/memory.ts";
import { fileKey, pointerKey } from "./pointer.ts";
import { PluginStore } from "./store.ts";
import type { PluginStoreOptions } from "./store.ts";

const config = { ...presets.tiny, layers: 1, hiddenSize: 4 };
const encoder = { name: "my-encoder", sha256: "a".repeat(64) };

const tensor = (name: string, shape: readonly number[], numbers: readonly number[]) =>
  ({ name, dtype: "F32", shape, chunks: () => [new Uint8Array(Float32Array.from(numbers).buffer)] }) as const;

/** A plugin in one file: a head on the mean of a tiny encoder's last layer. */
async function plugin(description: object = {}, weight: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8]) {
  const json = {
    name: "moods",
    version: "1.0.0",
    kind: "sequence",
    labels: ["sad", "glad"],
    features: "mean",
    encoder,
    ...description,
  };
  const parts: number[] = [];
  for await (const chunk of encodeSafetensors([
    tensor("weight", [weight.length / 4, 4], weight),
    tensor("bias", [2], [0, 0]),
  ]))
    parts.push(...chunk);
  return packZip(
    new Map<string, string | Uint8Array>([
      ["plugin.json", JSON.stringify(json)],
      ["head.safetensors", Uint8Array.from(parts)],
    ]),
  );
}

let blobs: Blobs;
let time: number;
beforeEach(() => {
  blobs = memoryBlobs();
  time = Date.parse("2026-11-01T00:00:00Z");
});
const storeOver = (options: Partial<PluginStoreOptions> = {}) =>
  new PluginStore({ blobs, encoder, config, reserved: ["sentiment"], now: () => time, ...options });
const versionOf = async (store: PluginStore) => (await store.find("moods"))?.plugin.version;

describe("a store of plugins", () => {
  it("gives what was installed, and tells of it", async () => {
    const store = storeOver();
    expect(await store.find("moods")).toBeUndefined();
    const installed = await store.install("moods", await plugin());
    expect(installed).toMatchObject({ created: true, versions: [{ version: "1.0.0" }] });
    const head = await storeOver().find("moods"); // as another isolate sees it
    expect(head?.plugin.labels).toEqual(["sad", "glad"]);
    expect(head?.weights.get("weight")).toEqual({
      dims: [2, 4],
      data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    });
    expect(await store.list()).toMatchObject([
      {
        plugin: { name: "moods" },
        active: installed.active,
        versions: [{ sha256: installed.active, installedAt: "2026-11-01T00:00:00.000Z" }],
      },
    ]);
  });

  it("puts a new one in the place of the old, rolls back by version or hash, and removes all", async () => {
    const store = storeOver();
    const first = await store.install("moods", await plugin());
    const second = await store.install("moods", await plugin({ version: "2.0.0" }));
    expect(second.created).toBe(false);
    expect(await versionOf(store)).toBe("2.0.0");
    await store.activate("moods", "1.0.0");
    expect(await versionOf(store)).toBe("1.0.0");
    await store.activate("moods", second.active);
    expect(await versionOf(store)).toBe("2.0.0");
    await expect(store.activate("moods", "3.0.0")).rejects.toMatchObject({
      code: "not-found",
      field: "version",
    });
    expect((await store.get("moods"))?.versions.map(({ sha256 }) => sha256)).toEqual([
      second.active,
      first.active,
    ]);
    await store.remove("moods");
    expect(await store.find("moods")).toBeUndefined();
    expect(await blobs.list("")).toEqual([]);
    await expect(store.remove("moods")).rejects.toMatchObject({ code: "not-found" });
    await expect(store.activate("moods", "1.0.0")).rejects.toMatchObject({ code: "not-found" });
  });

  it("keeps the last ten files, whatever was rolled back to", async () => {
    const store = storeOver();
    for (let n = 0; n < 10; n++) await store.install("moods", await plugin({ version: `${n}` }));
    await store.activate("moods", "0");
    await store.install("moods", await plugin({ version: "10" }));
    const { versions } = (await store.get("moods"))!;
    expect(versions.map(({ version }) => version)).toEqual([
      "10",
      "9",
      "8",
      "7",
      "6",
      "5",
      "4",
      "3",
      "2",
      "1",
    ]);
    expect(await blobs.list("plugins/files/")).toHaveLength(10);
    await store.install("moods", await plugin({ version: "5" })); // the same file again is no new one
    expect((await store.get("moods"))!.versions).toHaveLength(10);
    expect(await versionOf(store)).toBe("5");
  });

  it("sees what another isolate installed when its own knowledge is old", async () => {
    const [here, there] = [storeOver(), storeOver()];
    await here.install("moods", await plugin());
    expect(await versionOf(there)).toBe("1.0.0");
    await here.install("moods", await plugin({ version: "2.0.0" }));
    expect(await versionOf(there)).toBe("1.0.0");
    time += 2000;
    expect(await versionOf(there)).toBe("2.0.0");
    await here.remove("moods");
    time += 2000;
    expect(await versionOf(there)).toBeUndefined();
  });

  it("answers with what it knows while the blobs do not", async () => {
    let broken = false;
    const store = storeOver({
      blobs: {
        ...blobs,
        get: (key) => (broken ? Promise.reject(new Error("KV is away")) : blobs.get(key)),
      },
    });
    await store.install("moods", await plugin());
    broken = true;
    time += 10_000;
    expect(await versionOf(store)).toBe("1.0.0");
    await expect(store.find("others")).rejects.toMatchObject({ code: "server-unavailable" });
  });
});

describe("refused, with nothing written:", () => {
  it.each([
    [
      "what is no zip",
      async () => new TextEncoder().encode("moods"),
      "invalid-plugin",
      "is no plugin in one file",
    ],
    ["another name", () => plugin({ name: "others" }), "invalid-plugin", "named others, not moods"],
    ["a kind that there is not", () => plugin({ kind: "guess" }), "invalid-plugin", "kind should be one of"],
    [
      "features of tokens for a text",
      () => plugin({ features: "hidden" }),
      "invalid-plugin",
      "features should name",
    ],
    ["weights of another size", () => plugin({}, [1, 2, 3, 4]), "invalid-plugin", "needs weight of [2,4]"],
    [
      "weights that are not finite",
      () => plugin({}, [1, 2, 3, NaN, 1, 1, 1, 1]),
      "invalid-plugin",
      "not finite",
    ],
    ["no encoder", () => plugin({ encoder: undefined }), "invalid-plugin", "does not say which encoder"],
    [
      "another encoder",
      () => plugin({ encoder: { name: "theirs", sha256: "b".repeat(64) } }),
      "encoder-mismatch",
      "made for the encoder theirs (bbbbbbbb…), and this service runs my-encoder (aaaaaaaa…)",
    ],
    [
      "more tokens than the encoder reads",
      () => plugin({ maxLength: 10_000 }),
      "invalid-plugin",
      "10000 tokens",
    ],
    [
      "a description without end",
      () => plugin({ title: "x".repeat(70_000) }),
      "invalid-plugin",
      "description",
    ],
    [
      "weights that are damaged",
      async () =>
        packZip(
          new Map([
            ["plugin.json", '{"name":"moods","kind":"sequence","labels":["a"]}'],
            ["head.safetensors", "x"],
          ]),
        ),
      "invalid-plugin",
      "damaged",
    ],
    [
      "no weights",
      async () => packZip(new Map([["plugin.json", '{"name":"moods","kind":"sequence","labels":["a"]}']])),
      "invalid-plugin",
      "no head.safetensors",
    ],
  ])("%s", async (_, make, code, message) => {
    const error: unknown = await storeOver()
      .install("moods", await make())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ClozeError", code });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain("\n");
    expect(await blobs.list("")).toEqual([]);
  });

  it("a file over the limit, before and after it is unpacked", async () => {
    const bytes = await plugin();
    const install = (limits: object) => storeOver({ limits }).install("moods", bytes);
    await expect(install({ fileBytes: 100 })).rejects.toThrow("may have 100 bytes");
    await expect(install({ unpackedBytes: 100 })).rejects.toThrow("unpacks to more than 100 bytes");
    await expect(install({ entries: 1 })).rejects.toThrow("more than 1 files");
  });

  it.each(["sentiment", "head", "", "../moods", "Moods", "x".repeat(65)])("the name %j", async (name) => {
    const store = storeOver();
    await expect(store.install(name, await plugin({ name }))).rejects.toMatchObject({
      code: "invalid-plugin",
    });
    expect(await store.find(name)).toBeUndefined();
    await expect(store.remove(name)).rejects.toMatchObject({ code: "not-found" });
  });

  it("anything, where the service does not know its encoder", async () => {
    const store = storeOver({ encoder: undefined });
    await expect(store.install("moods", await plugin())).rejects.toMatchObject({ code: "unsupported" });
  });
});

describe("nothing is half installed:", () => {
  const failures = ["get", "put", "delete", "list"] as const;

  /** Blobs of which the n-th call fails: before anything is done, or after, when nobody knows. */
  function failing(n: number, after: boolean): Blobs & { readonly calls: number } {
    const flaky = { calls: 0 } as Blobs & { calls: number };
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      const fails = flaky.calls++ === n;
      if (fails && !after) throw new Error("no");
      const result = await work();
      if (fails) throw new Error("no, or maybe");
      return result;
    };
    for (const method of failures)
      Object.assign(flaky, {
        [method]: (...args: readonly unknown[]) =>
          call(() => (blobs[method] as (...all: readonly unknown[]) => Promise<unknown>)(...args)),
      });
    return flaky;
  }

  it.each([
    ["a first one", 0],
    ["one more", 1],
    ["an eleventh", 10],
  ])("%s, whichever call fails", async (_, before) => {
    for (const after of [false, true])
      for (let n = 0; n < 8; n++) {
        blobs = memoryBlobs();
        for (let v = 0; v < before; v++)
          await storeOver().install("moods", await plugin({ version: `v${v}` }));
        const old = before === 0 ? undefined : `v${before - 1}`;
        const flaky = failing(n, after);
        const store = storeOver({ blobs: flaky });
        const failed = await store.install("moods", await plugin({ version: "new" })).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failed !== undefined) expect(failed).toMatchObject({ code: "server-unavailable" });
        const seen = await versionOf(storeOver());
        expect(failed === undefined ? ["new"] : after ? ["new", old] : [old]).toContain(seen);
        expect(await versionOf(store)).toBe(seen); // the isolate that failed does not believe what it hoped
        const [listed] = await storeOver().list();
        for (const { version } of listed && "versions" in listed ? listed.versions : [])
          await storeOver().activate("moods", version); // each of them is whole
        await storeOver().install("moods", await plugin({ version: "new" })); // and again is always possible
        expect(await versionOf(storeOver())).toBe("new");
      }
  });

  it("removing, whichever call fails", async () => {
    for (let n = 0; n < 6; n++) {
      blobs = memoryBlobs();
      await storeOver().install("moods", await plugin());
      await storeOver({ blobs: failing(n, false) })
        .remove("moods")
        .catch(() => {});
      expect(["1.0.0", undefined]).toContain(await versionOf(storeOver()));
    }
  });
});

describe("what is damaged where it is kept", () => {
  beforeEach(async () => {
    await storeOver().install("moods", await plugin());
    await storeOver().install("others", await plugin({ name: "others" }));
  });

  it("a file is its plugin's clear error, and nobody else's", async () => {
    const { active } = (await storeOver().get("moods"))!;
    const bytes = (await blobs.get(fileKey(active)))!;
    bytes[100] ^= 1;
    await blobs.put(fileKey(active), bytes);
    await expect(storeOver().find("moods")).rejects.toThrow(
      "The file of the plugin moods is damaged where it is kept",
    );
    expect(await storeOver().list()).toHaveLength(2);
    expect((await storeOver().find("others"))?.plugin.name).toBe("others");
    await storeOver().install("moods", await plugin());
    expect(await versionOf(storeOver())).toBe("1.0.0");
  });

  it("a file that is missing, as in KV before it has come everywhere, is a fault of the moment", async () => {
    await blobs.delete(fileKey((await storeOver().get("moods"))!.active));
    await expect(storeOver().find("moods")).rejects.toMatchObject({ code: "server-unavailable" });
  });

  it.each([
    "",
    "{}",
    "null",
    '{"active":"x"}',
    `{"active":"${"a".repeat(64)}","description":{},"versions":[]}`,
  ])("a record that says %j is told in the list, and can be written anew or removed", async (text) => {
    await blobs.put(pointerKey("moods"), new TextEncoder().encode(text));
    expect(await storeOver().list()).toMatchObject([
      { name: "moods", error: { code: "invalid-plugin" } },
      { plugin: { name: "others" } },
    ]);
    await expect(storeOver().find("moods")).rejects.toThrow("The record of the plugin moods is damaged");
    await storeOver().install("moods", await plugin());
    expect(await versionOf(storeOver())).toBe("1.0.0");
    await blobs.put(pointerKey("moods"), new TextEncoder().encode(text));
    await storeOver().remove("moods");
    expect(await storeOver().list()).toHaveLength(1);
  });

  it("plugins of the encoder that the service had before are told of, and not run", async () => {
    const store = storeOver({ encoder: { name: "new", sha256: "c".repeat(64) } });
    await expect(store.find("moods")).rejects.toMatchObject({ code: "encoder-mismatch" });
    expect(await store.list()).toMatchObject([
      { name: "moods", error: { code: "encoder-mismatch" } },
      { name: "others" },
    ]);
  });
});

it("plugins that are deployed as static files are read, and cannot be changed", async () => {
  await storeOver().install("moods", await plugin());
  const files = await assetFiles(blobs);
  const fetch = async (url: string) => {
    const file = files.get(new URL(url).pathname.slice(1));
    return file ? new Response(file) : new Response("", { status: 404 });
  };
  const store = storeOver({ blobs: assetBlobs({ fetch }) });
  expect(await versionOf(store)).toBe("1.0.0");
  expect(await store.list()).toHaveLength(1);
  expect(await store.find("others")).toBeUndefined();
  await expect(store.install("moods", await plugin({ version: "2" }))).rejects.toMatchObject({
    code: "unsupported",
  });
  await expect(store.remove("moods")).rejects.toThrow("deployed with the Worker");
});

it("a store is given up at the caller's deadline where its blobs do not answer, but what was live still is", async () => {
  const store = storeOver();
  await store.install("moods", await plugin());
  time += 3000;
  const never = new Promise<undefined>(() => {});
  const silent = { ...blobs, get: () => never };
  await expect(storeOver({ blobs: silent }).find("moods", Date.now() + 20)).rejects.toMatchObject({
    code: "timeout",
  });
  blobs.get = silent.get;
  expect((await store.find("moods", Date.now() + 20))?.plugin.version).toBe("1.0.0");
});
