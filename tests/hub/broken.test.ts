/**
 * What goes wrong on the way: connections that break, bytes that are others, two at once, a stop in the middle, a disk
 * that does not take it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "./hub-server.ts";
import type { HubRequest } from "./hub-server.ts";
import { largeModel, NAME, Stand } from "./stand.ts";

let stand: Stand;
beforeEach(async () => void (stand = await Stand.open()));
afterEach(() => stand[Symbol.asyncDispose]());

const WEIGHTS = "model.safetensors";
const model = largeModel(3);
const weights = model[WEIGHTS] as Uint8Array;
const BLOB = sha256(weights);

const ranges = (): HubRequest["range"][] =>
  stand.hub.requests.flatMap(({ at, range }) => (at === "cdn" ? [range] : []));

const blob = (suffix = ""): string =>
  path.join(stand.cacheDir, "models--org--tiny-bert", "blobs", BLOB + suffix);

/** Lies there as an earlier attempt left it. */
function leave(bytes: Uint8Array): void {
  mkdirSync(path.dirname(blob()), { recursive: true });
  writeFileSync(blob(".incomplete"), bytes);
}

function expectWeights(folder: string): void {
  expect(readFileSync(path.join(folder, WEIGHTS)).equals(weights)).toBe(true); // toEqual takes a second for 3 MB
}

const left = (): string[] => stand.files("blobs").filter((file) => file.includes("."));

describe("a connection that breaks", () => {
  test("goes on from there at once", async () => {
    stand.hub.publish(NAME, model);
    stand.hub.fault = (file, from) =>
      file === WEIGHTS && from < 2_000_000 ? { cutAfter: 1_000_000 } : undefined;
    const folder = await stand.fetch(NAME);
    expectWeights(folder);
    const starts = ranges().map((range) => Number(/\d+/.exec(range ?? "0")?.[0]));
    expect(starts.length).toBeGreaterThanOrEqual(3);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b)); // none began anew
    expect(starts.at(-1)).toBeGreaterThanOrEqual(2_000_000);
    expect(left()).toEqual([]);
  });

  test("that stays broken ends with an error, and the next time goes on from there", async () => {
    stand.hub.publish(NAME, model);
    stand.hub.fault = (file, from) =>
      file !== WEIGHTS ? undefined : from === 0 ? { cutAfter: 1_000_000 } : { status: 503 };
    expect(await stand.refusal(NAME)).toMatchObject({ code: "server-unavailable" });
    const there = readFileSync(blob(".incomplete")).length;
    expect(there).toBeGreaterThan(0);
    expect(stand.files("")).not.toContain(path.join("refs", "main")); // nothing says that it is there
    stand.hub.fault = () => undefined;
    stand.hub.requests.length = 0;
    const told: number[] = [];
    const folder = await stand.fetch(NAME, {
      onProgress: ({ file, loaded }) => void (file === WEIGHTS && told.push(loaded)),
    });
    expect(ranges()).toEqual([`bytes=${there}-`]);
    expect(told[0]).toBe(there);
    expectWeights(folder);
  });

  test("a server that knows no ranges gives all of it again", async () => {
    stand.hub.publish(NAME, model);
    leave(weights.subarray(0, 1_000_000));
    stand.hub.fault = () => ({ noRanges: true });
    const folder = await stand.fetch(NAME);
    expect(ranges()).toEqual(["bytes=1000000-"]);
    expectWeights(folder);
  });

  test("a file that was there whole, but not yet in its place, is not fetched", async () => {
    stand.hub.publish(NAME, model);
    leave(weights);
    await stand.fetch(NAME);
    expect(ranges()).toEqual([]);
  });
});

describe("bytes that are not what their hash says", () => {
  test.each([WEIGHTS, "vocab.txt"])("are removed and refused: %s", async (damaged) => {
    stand.hub.publish(NAME, model);
    stand.hub.fault = (file) => (file === damaged ? { damaged: true } : undefined);
    expect(await stand.refusal(NAME)).toMatchObject({
      code: "server-error",
      message: expect.stringContaining(`${damaged} arrived damaged and was removed`),
    });
    expect(left()).toEqual([]);
    expect(existsSync(path.join(stand.cacheDir, "models--org--tiny-bert", "snapshots"))).toBe(false);
    stand.hub.fault = () => undefined;
    await stand.fetch(NAME);
  });

  test.each([
    ["of the right length", weights.slice().fill(7)],
    ["too short", weights.slice(0, 1_000_000).fill(7)],
    ["too long", new Uint8Array(weights.length + 9)],
  ])("of an earlier attempt, %s, are fetched again from the start", async (_, wrong) => {
    stand.hub.publish(NAME, model);
    leave(wrong);
    const folder = await stand.fetch(NAME);
    expectWeights(folder);
    expect(ranges().at(-1)).toBeUndefined();
  });
});

describe("two at once", () => {
  test("in one process fetch it once", async () => {
    stand.hub.publish(NAME, model);
    stand.hub.fault = () => ({ pause: 5 });
    const folders = await Promise.all([stand.fetch(NAME), stand.fetch(NAME)]);
    expect(folders[0]).toBe(folders[1]);
    expect(ranges()).toHaveLength(1);
    expect(left()).toEqual([]);
  });

  test("in several processes do not harm each other", async () => {
    stand.hub.publish(NAME, model);
    stand.hub.fault = () => ({ pause: 5 });
    const script = `import { fetchModel } from "@cloze/runtime/node"; console.log(await fetchModel("${NAME}"));`;
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ["--input-type=module", "--eval", script], {
        cwd: import.meta.dirname,
        env: stand.env,
        stdio: ["ignore", "pipe", "inherit"],
      }),
    );
    const ended = await Promise.all(
      children.map(async (child) => {
        let out = "";
        child.stdout.on("data", (text: Buffer) => (out += text.toString()));
        const [code] = (await once(child, "close")) as [number | null];
        return { code, out };
      }),
    );
    const folder = await stand.fetch(NAME);
    expect(ended).toEqual(children.map(() => ({ code: 0, out: `${folder}\n` })));
    expectWeights(folder);
    expect(ranges()).toHaveLength(1);
    expect(left()).toEqual([]);
  });

  test("a process that was killed keeps nobody waiting", async () => {
    stand.hub.publish(NAME, model);
    leave(weights.subarray(0, 1_000_000));
    writeFileSync(blob(".lock"), "");
    utimesSync(blob(".lock"), new Date(0), new Date(0));
    await stand.fetch(NAME);
    expect(left()).toEqual([]);
  });
});

describe("a stop", () => {
  test("before anything asks nobody", async () => {
    stand.hub.publish(NAME, model);
    expect(await stand.refusal(NAME, { signal: AbortSignal.abort() })).toMatchObject({ code: "aborted" });
    expect(stand.hub.requests).toEqual([]);
  });

  test("in the middle of a file keeps what has come", async () => {
    stand.hub.publish(NAME, model);
    stand.hub.fault = () => ({ pause: 5 });
    const stop = new AbortController();
    const error = await stand.refusal(NAME, {
      signal: stop.signal,
      onProgress: ({ loaded }) => void (loaded > 1_000_000 && stop.abort()),
    });
    expect(error).toMatchObject({
      code: "aborted",
      message: "Fetching org/tiny-bert was stopped: fetch it again, and it goes on from there.",
    });
    expect(readFileSync(blob(".incomplete")).length).toBeGreaterThan(1_000_000);
    expect(left()).toEqual([`${BLOB}.incomplete`]);
    await stand.fetch(NAME);
    expect(ranges().at(-1)).toMatch(/^bytes=[1-9]\d{6}-$/);
  });

  test("while another fetches it waits no longer", async () => {
    stand.hub.publish(NAME, model);
    mkdirSync(path.dirname(blob()), { recursive: true });
    const lock = blob(".lock");
    writeFileSync(lock, "");
    expect(await stand.refusal(NAME, { signal: AbortSignal.timeout(500) })).toMatchObject({
      code: "aborted",
    });
    expect(existsSync(lock)).toBe(true); // it is the other's
  });
});

describe("a disk that does not take it", () => {
  test("is told before anything is fetched", async () => {
    stand.hub.publish(NAME, model);
    stand.hub.claim = { file: WEIGHTS, size: 9e15 };
    expect(await stand.refusal(NAME)).toMatchObject({
      code: "invalid-option",
      field: "cacheDir",
      message: expect.stringMatching(
        /^The disk of .* is full \(9000000000 MB are needed and \d+ MB are free\): make room, or set HF_HUB_CACHE/,
      ),
    });
    expect(stand.hub.fetched()).toEqual([]);
  });

  test("a cache that is a file is named", async () => {
    stand.hub.publish(NAME, model);
    writeFileSync(stand.cacheDir, "");
    expect(await stand.refusal(NAME)).toMatchObject({
      code: "invalid-option",
      field: "cacheDir",
      message: `${stand.cacheDir} cannot be written (EEXIST): set HF_HUB_CACHE to a folder that can.`,
    });
  });
});
