import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { followLinks } from "./links.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "cloze-links-")));
});
afterEach(() => rmSync(root, { recursive: true }));

const place = (...parts: string[]): string => path.join(root, ...parts);

function write(...parts: string[]): string {
  mkdirSync(path.dirname(place(...parts)), { recursive: true });
  writeFileSync(place(...parts), "");
  return place(...parts);
}

function link(target: string, ...parts: string[]): void {
  mkdirSync(path.dirname(place(...parts)), { recursive: true });
  symlinkSync(path.relative(path.dirname(place(...parts)), target), place(...parts));
}

const tensors = (...files: string[]): ReadonlyMap<string, { file: string; offset: number }> =>
  new Map(files.map((file, i) => [`tensor.${i}`, { file, offset: i }]));

test("files that are no links keep their folder and their names", async () => {
  write("model", "model.safetensors");
  expect(await followLinks(place("model"), tensors("model.safetensors", "model.safetensors"))).toEqual({
    folder: place("model"),
    tensors: tensors("model.safetensors", "model.safetensors"),
  });
});

test("a snapshot's weights and plugins are where their blobs are, whatever else they are", async () => {
  link(write("hub", "blobs", "aa"), "hub", "snapshots", "1", "model.safetensors");
  link(write("hub", "blobs", "bb"), "hub", "snapshots", "1", "plugins", "moods", "head.safetensors");
  expect(
    await followLinks(
      place("hub", "snapshots", "1"),
      tensors("model.safetensors", "plugins/moods/head.safetensors"),
    ),
  ).toEqual({ folder: place("hub", "blobs"), tensors: tensors("aa", "bb") });
});

test("blobs that lead on, to a store that models share, are followed to their end", async () => {
  link(write("blobs", "cc", "ccdd"), "model", "blobs", "aa");
  link(place("model", "blobs", "aa"), "model", "snapshots", "1", "model.safetensors");
  write("model", "snapshots", "1", "plugins", "moods", "head.safetensors");
  expect(
    await followLinks(
      place("model", "snapshots", "1"),
      tensors("model.safetensors", "plugins/moods/head.safetensors"),
    ),
  ).toEqual({
    folder: root,
    tensors: tensors("blobs/cc/ccdd", "model/snapshots/1/plugins/moods/head.safetensors"),
  });
});
