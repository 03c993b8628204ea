/**
 * One cache for both: what Python's huggingface_hub fetched is used here without a request, and the other way round.
 * Needs Python with huggingface_hub and transformers, named by CLOZE_PYTHON; the layout is tested without it.
 */
import { execFile } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { load, openFolder } from "@cloze/runtime/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pythonWith } from "../reference/python.ts";
import { checkpoint, NAME, Stand } from "./stand.ts";

let stand: Stand;
beforeEach(async () => void (stand = await Stand.open()));
afterEach(() => stand[Symbol.asyncDispose]());

const found = pythonWith("huggingface_hub");
const withModels = pythonWith("huggingface_hub", "transformers", "torch") !== undefined;

async function python(script: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(found!, ["-c", script], { env: { ...stand.env, ...env } });
  return stdout.trim();
}

const MODEL = `
from transformers import AutoModel, AutoTokenizer
tokenizer, model = AutoTokenizer.from_pretrained("${NAME}"), AutoModel.from_pretrained("${NAME}")
print(list(model(**tokenizer("the cat", return_tensors="pt"))[0].shape))`;

/** Each file of a snapshot with the blob that it leads to. */
function links(folder: string): Record<string, string> {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink());
  return Object.fromEntries(files.map(({ name }) => [name, readlinkSync(path.join(folder, name))]));
}

test.runIf(found !== undefined)("what snapshot_download fetched is used without a request", async () => {
  stand.hub.publish(NAME, checkpoint("erf"));
  const folder = await python(
    `from huggingface_hub import snapshot_download; print(snapshot_download("${NAME}"))`,
  );
  stand.hub.requests.length = 0;
  expect(await stand.fetch(NAME)).toBe(folder);
  expect(stand.hub.requests).toEqual([]);
  await using bert = await load(folder, { threads: 1 });
  expect((await bert.embed("the cat")).embedding.length).toBe(bert.config.hiddenSize);
});

test.runIf(withModels)("what from_pretrained fetched is used without a network", async () => {
  stand.hub.publish(NAME, checkpoint("erf"));
  await python(MODEL);
  stand.hub.requests.length = 0;
  const folder = await stand.fetch(NAME, { offline: true });
  await openFolder(folder);
  expect(stand.hub.requests).toEqual([]);
  expect(await stand.fetch(NAME)).toBe(folder); // with one: asked once what the commit holds, and never again
  const asked = stand.hub.requests.length;
  expect(stand.hub.fetched()).toEqual([]);
  await stand.fetch(NAME);
  expect(stand.hub.requests).toHaveLength(asked);
});

test.runIf(withModels)("what was fetched here is used by Python without a network", async () => {
  stand.hub.publish(NAME, checkpoint("erf"));
  const folder = await stand.fetch(NAME);
  stand.hub.requests.length = 0;
  const offline = { HF_HUB_OFFLINE: "1" };
  expect(await python(MODEL, offline)).toMatch(/^\[1, \d+, 32\]$/);
  expect(
    await python(
      `from huggingface_hub import snapshot_download; print(snapshot_download("${NAME}"))`,
      offline,
    ),
  ).toBe(folder);
  const scan = `
from huggingface_hub import scan_cache_dir
cache = scan_cache_dir()
print([repo.repo_id for repo in cache.repos], [r.commit_hash for repo in cache.repos for r in repo.revisions], cache.warnings)`;
  expect(await python(scan)).toBe(`['${NAME}'] ['${path.basename(folder)}'] []`);
  expect(stand.hub.requests).toEqual([]);
});

test.runIf(found !== undefined)("both name and link every file alike", async () => {
  stand.hub.publish(NAME, checkpoint("sharded"));
  const own = links(await stand.fetch(NAME));
  const cacheDir = path.join(stand.root, "other");
  const script = `from huggingface_hub import snapshot_download; print(snapshot_download("${NAME}", ignore_patterns="expected.json"))`;
  expect(own).toEqual(links(await python(script, { HF_HUB_CACHE: cacheDir })));
});
