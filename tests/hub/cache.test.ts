/**
 * A model of the hub becomes a folder in the cache that Python's huggingface_hub has too: which files, under which
 * names, and when the network is asked.
 */
import { lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { load, openFolder } from "@cloze/runtime/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gitHash, HubServer, sha256 } from "./hub-server.ts";
import { checkpoint, largeModel, NAME, small, Stand } from "./stand.ts";

let stand: Stand;
beforeEach(async () => void (stand = await Stand.open()));
afterEach(() => stand[Symbol.asyncDispose]());

const ERF = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"];

describe("the layout is huggingface_hub's", () => {
  test("blobs by their hashes, links from the snapshot, the commit in refs", async () => {
    const commit = stand.hub.publish(NAME, checkpoint("erf"));
    const folder = await stand.fetch(NAME);
    expect(folder).toBe(path.join(stand.cacheDir, "models--org--tiny-bert", "snapshots", commit));
    expect(stand.files(`snapshots/${commit}`)).toEqual(ERF); // not expected.json, which no model needs
    expect(stand.read("refs/main")).toBe(commit);
    const hashes = ERF.map((file) => {
      const bytes = readFileSync(path.join(checkpoint("erf"), file));
      return file === "model.safetensors" ? sha256(bytes) : gitHash(bytes);
    });
    expect(stand.files("blobs")).toEqual(hashes.toSorted());
    for (const [i, file] of ERF.entries()) {
      expect(readlinkSync(path.join(folder, file))).toBe(path.join("..", "..", "blobs", hashes[i]));
      expect(readFileSync(path.join(folder, file))).toEqual(readFileSync(path.join(checkpoint("erf"), file)));
    }
  });

  test("what was fetched is a model that runs", async () => {
    stand.hub.publish(NAME, checkpoint("erf"));
    await using bert = await load(await stand.fetch(NAME), { threads: 1 });
    await using same = await load(checkpoint("erf"), { threads: 1 });
    expect(await bert.embed("the cat")).toEqual(await same.embed("the cat"));
  });

  test("a name without an organisation, a branch with a slash, a commit", async () => {
    const main = stand.hub.publish("tiny", checkpoint("erf"));
    const other = stand.hub.publish("tiny", checkpoint("tanh"), { revision: "refs/pr/1" });
    expect(await stand.fetch("tiny", { revision: "refs/pr/1" })).toBe(
      path.join(stand.cacheDir, "models--tiny", "snapshots", other),
    );
    expect(stand.read("refs/refs/pr/1", "tiny")).toBe(other);
    expect(path.basename(await stand.fetch("tiny", { revision: main }))).toBe(main);
    expect(stand.files("refs", "tiny")).toEqual([path.join("refs", "pr", "1")]); // a commit needs none
  });

  test("a model that was renamed is fetched by its old name", async () => {
    const commit = stand.hub.publish(NAME, checkpoint("erf"));
    stand.hub.rename("tiny", NAME);
    expect(path.basename(await stand.fetch("tiny"))).toBe(commit);
  });

  test("where there are no links, files are copied", async () => {
    process.env.HF_HUB_DISABLE_SYMLINKS = "1";
    try {
      stand.hub.publish(NAME, checkpoint("erf"));
      const folder = await stand.fetch(NAME);
      expect(ERF.map((file) => lstatSync(path.join(folder, file)).isFile())).toEqual(ERF.map(() => true));
      await openFolder(folder);
    } finally {
      delete process.env.HF_HUB_DISABLE_SYMLINKS;
    }
  });
});

describe("a model folder's files are fetched, and no others", () => {
  test("the shards that an index names, and plugins", async () => {
    const plugin = {
      "plugins/moods/plugin.json": "{}",
      "plugins/moods/head.safetensors": "x",
      "plugins/moods/deep/er": "x",
    };
    const shards = { "pytorch_model.bin": "x", "README.md": "# It", "model.fp16.safetensors": "x" };
    const commit = stand.hub.publish(NAME, checkpoint("sharded"));
    await openFolder(await stand.fetch(NAME));
    expect(stand.files(`snapshots/${commit}`).filter((file) => file.startsWith("model"))).toEqual([
      "model-00001-of-00003.safetensors",
      "model-00002-of-00003.safetensors",
      "model-00003-of-00003.safetensors",
      "model.safetensors.index.json",
    ]);
    const next = stand.hub.publish(NAME, { ...small, ...plugin, ...shards });
    await stand.fetch(NAME, { update: true });
    expect(stand.files(`snapshots/${next}`)).toEqual([
      "README.md",
      "config.json",
      "model.safetensors",
      path.join("plugins", "moods", "head.safetensors"),
      path.join("plugins", "moods", "plugin.json"),
      "vocab.txt",
    ]);
  });

  test("an ONNX variant that is asked for, with its data, instead of the safetensors", async () => {
    const onnx = {
      "onnx/model.onnx": "graph",
      "onnx/model.onnx_data": "weights",
      "onnx/model_fp16.onnx": "half",
    };
    const commit = stand.hub.publish(NAME, { ...small, ...onnx });
    await stand.fetch(NAME, { files: ["onnx/model.onnx"] });
    expect(stand.files(`snapshots/${commit}`)).toEqual([
      "config.json",
      path.join("onnx", "model.onnx"),
      path.join("onnx", "model.onnx_data"),
      "vocab.txt",
    ]);
    expect(await stand.refusal(NAME, { files: ["onnx/model_q4.onnx"] })).toMatchObject({
      code: "not-found",
      message: `${NAME} has no onnx/model_q4.onnx: of ONNX it has onnx/model.onnx, onnx/model_fp16.onnx.`,
    });
  });

  test("an ONNX file of full precision where there are no safetensors", async () => {
    const commit = stand.hub.publish(NAME, {
      "config.json": "{}",
      "pytorch_model.bin": "x",
      "onnx/model.onnx": "graph",
      "onnx/model_fp16.onnx": "half",
    });
    const folder = await stand.fetch(NAME);
    expect(stand.files(`snapshots/${commit}`)).toEqual(["config.json", path.join("onnx", "model.onnx")]);
    expect(await stand.fetch(NAME, { offline: true })).toBe(folder);
  });

  test("weights that are not read are named, with the way out", async () => {
    stand.hub.publish(NAME, { "config.json": "{}", "pytorch_model.bin": "x" });
    expect(await stand.refusal(NAME)).toMatchObject({
      code: "unsupported",
      message: expect.stringContaining(
        "has no model.safetensors, only pytorch_model.bin, which is not read: save it with",
      ),
    });
    stand.hub.publish("org/onnx", { "config.json": "{}", "onnx/model_q4.onnx": "x" });
    expect((await stand.refusal("org/onnx")).message).toBe(
      "org/onnx has no model.safetensors: ask by its dtype for one of the ONNX files that it has, onnx/model_q4.onnx.",
    );
    stand.hub.publish("org/none", { "README.md": "" });
    expect((await stand.refusal("org/none")).message).toContain("org/none has no config.json");
    expect(stand.hub.fetched()).toEqual([]);
  });

  test("a path that leads out of the cache is passed over", async () => {
    const evil = {
      "plugins/../../../../evil": "x",
      "plugins/..\\evil/plugin.json": "x",
      "../config.json": "x",
    };
    stand.hub.publish(NAME, { ...small, ...evil });
    await stand.fetch(NAME);
    expect(stand.hub.fetched().toSorted()).toEqual(["config.json", "model.safetensors", "vocab.txt"]);
  });
});

describe("the network is used only for what is missing", () => {
  test("a model that is there is used without a request, and one of Python's snapshot_download", async () => {
    const commit = stand.hub.publish(NAME, checkpoint("erf"));
    const folder = await stand.fetch(NAME);
    stand.hub.requests.length = 0;
    expect(await stand.fetch(NAME)).toBe(folder);
    expect(await stand.fetch(NAME, { revision: commit })).toBe(folder);
    const model = path.join(stand.cacheDir, "models--org--tiny-bert");
    const listing = stand.read(`.cloze/${commit}.json`);
    mkdirSync(path.join(model, "trees"));
    writeFileSync(path.join(model, "trees", `${commit}.json`), listing);
    rmSync(path.join(model, ".cloze"), { recursive: true });
    expect(await stand.fetch(NAME)).toBe(folder);
    expect(stand.hub.requests).toEqual([]);
  });

  test("what another left unfinished is completed", async () => {
    stand.hub.publish(NAME, checkpoint("erf"));
    const folder = await stand.fetch(NAME);
    rmSync(path.join(stand.cacheDir, "models--org--tiny-bert", ".cloze"), { recursive: true });
    rmSync(path.join(folder, "tokenizer_config.json"));
    writeFileSync(
      path.join(stand.cacheDir, "models--org--tiny-bert", "blobs", stand.files("blobs")[0]),
      "cut",
    );
    stand.hub.requests.length = 0;
    await openFolder(await stand.fetch(NAME));
    expect(stand.hub.fetched()).toHaveLength(1); // the link needed no fetching, the cut blob did
  });

  test("a branch that has moved is fetched when asked, and what did not change is not fetched again", async () => {
    const first = stand.hub.publish(NAME, largeModel(1));
    await stand.fetch(NAME);
    const second = stand.hub.publish(NAME, { ...largeModel(1), "vocab.txt": "[PAD]\n[UNK]\n" });
    expect(path.basename(await stand.fetch(NAME))).toBe(first);
    stand.hub.requests.length = 0;
    const folder = await stand.fetch(NAME, { update: true });
    expect(path.basename(folder)).toBe(second);
    expect(stand.hub.fetched()).toEqual(["vocab.txt"]);
    expect(readFileSync(path.join(folder, "vocab.txt"), "utf8")).toBe("[PAD]\n[UNK]\n");
    expect(stand.read(`snapshots/${first}/vocab.txt`)).toBe("[PAD]\n"); // who uses the old one keeps it
    expect(stand.read("refs/main")).toBe(second);
  });

  test("progress is told by file, to its end", async () => {
    stand.hub.publish(NAME, largeModel(1));
    const last = new Map<string, number>();
    await stand.fetch(NAME, {
      onProgress({ file, loaded, total }) {
        expect(loaded).toBeGreaterThanOrEqual(last.get(file) ?? 0);
        last.set(file, loaded);
        expect(loaded).toBeLessThanOrEqual(total);
      },
    });
    expect(Object.fromEntries(last)).toEqual({
      "config.json": 2,
      "vocab.txt": 6,
      "model.safetensors": 1_000_000,
    });
  });
});

describe("without a network", () => {
  test("what is in the cache is used, switched off or broken off", async () => {
    stand.hub.publish(NAME, checkpoint("erf"));
    const folder = await stand.fetch(NAME);
    rmSync(path.join(stand.cacheDir, "models--org--tiny-bert", ".cloze"), { recursive: true }); // nobody knows it as whole
    stand.hub.requests.length = 0;
    expect(await stand.fetch(NAME, { offline: true })).toBe(folder);
    expect(stand.hub.requests).toEqual([]);
    stand.hub.down = 503;
    expect(await stand.fetch(NAME)).toBe(folder);
    expect(await stand.fetch(NAME, { endpoint: await nobody() })).toBe(folder);
    expect(await stand.refusal(NAME, { update: true })).toMatchObject({
      code: "server-unavailable",
      message: expect.stringContaining("is busy or down (HTTP 503): try again later."),
    });
  });

  test("what is not there is told with the folder and the way to get it", async () => {
    expect(await stand.refusal(NAME, { offline: true, revision: "v2" })).toMatchObject({
      code: "not-found",
      message:
        `org/tiny-bert is not in ${stand.cacheDir} and the network is switched off (HF_HUB_OFFLINE): run ` +
        '"cloze pull org/tiny-bert --revision v2" on a machine with a network and copy its folder there, or give the path of a model folder.',
    });
    const endpoint = await nobody();
    expect(await stand.refusal(NAME, { endpoint })).toMatchObject({
      code: "server-unavailable",
      message: `${new URL(endpoint).host} cannot be reached (ECONNREFUSED) to fetch org/tiny-bert into ${stand.cacheDir}: try again, or run "cloze pull org/tiny-bert" on a machine with a network and copy its folder, or give the path of a model folder.`,
    });
    expect((await stand.refusal(NAME, { endpoint: "http://nowhere.invalid" })).message).toMatch(
      /cannot be reached \(E/,
    );
    expect(stand.hub.requests).toEqual([]);
  });

  test("a cache without the variant asked for does not stand in for it", async () => {
    stand.hub.publish(NAME, small);
    await stand.fetch(NAME);
    expect(await stand.refusal(NAME, { offline: true, files: ["onnx/model.onnx"] })).toMatchObject({
      code: "not-found",
    });
  });
});

/** An address where nobody listens. */
async function nobody(): Promise<string> {
  await using gone = await HubServer.start();
  return gone.endpoint;
}
