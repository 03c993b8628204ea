/** Counting the words of files: ranges, threads, packed files, and what is wrong with a file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { countWords, type WordTable } from "@cloze/train/corpus";
import { countFiles } from "@cloze/train/corpus/files";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(path.join(tmpdir(), "cloze-corpus-"));
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const sorted = (words: WordTable): unknown[] => [...words].map(([word, count]) => `${word} ${count}`).sort();

/** Lines of words that say where they are, so that a word lost, cut or counted twice at any place shows. */
function numbered(bytes: number): string {
  const lines: string[] = [];
  for (let length = 0, nth = 0; length < bytes; nth++) {
    lines.push(`word${nth % 50_000} naïve ${"x".repeat(nth % 97)}é 中文`);
    length += lines[nth].length;
  }
  return lines.join("\n");
}

test("a file of several ranges is counted like its text, on any number of threads", async () => {
  const text = numbered(36e6); // three ranges of 16 MB
  const plain = put("large.txt", text);
  const expected = sorted(countWords([text]));
  for (const threads of [1, 3]) expect(sorted(await countFiles([plain], { threads }))).toEqual(expected);
  const packed = put("large.txt.gz", gzipSync(text, { level: 1 }));
  expect(sorted(await countFiles([packed]))).toEqual(expected);
});

test("the order of the files changes nothing, and each counts as often as it is given", async () => {
  const files = ["one two", "two three\r\n", "", "\n\nthree"].map((text, nth) =>
    put(`order${nth}.txt`, text),
  );
  const expected = ["one 1", "three 2", "two 2"];
  expect(sorted(await countFiles(files))).toEqual(expected);
  expect(sorted(await countFiles(files.toReversed(), { threads: 2 }))).toEqual(expected);
});

test("a line that is longer than a range is counted whole, cut between words", async () => {
  const text = `${"many words in one line ".repeat(1.7e6)}\nlast`; // 39 MB
  const words = await countFiles([put("line.txt", text)], { threads: 2 });
  expect(sorted(words)).toEqual([
    "in 1700000",
    "last 1",
    "line 1700000",
    "many 1700000",
    "one 1700000",
    "words 1700000",
  ]);
});

test("megabytes without any space are cut between two characters", async () => {
  const words = await countFiles([put("chinese.txt", "中".repeat(3e6))]);
  expect(sorted(words)).toEqual(["中 3000000"]);
});

test("a byte order mark, several members in one gzip file and an empty file are taken", async () => {
  const members = Buffer.concat([gzipSync("one "), gzipSync("two")]);
  const files = [put("members.txt.gz", members), put("mark.txt", "\uFEFFone"), put("empty.txt", "")];
  expect(sorted(await countFiles(files))).toEqual(["one 2", "two 1"]);
  expect((await countFiles([put("empty.txt.gz", "")])).size).toBe(0);
});

test("a file that is not UTF-8, not gzip, cut off or not there is named", async () => {
  const whole = gzipSync(numbered(1e6));
  const refusals = [
    [put("latin.txt", Buffer.from("caf\xe9 au lait\n", "latin1")), "invalid-input", "latin.txt is not UTF-8"],
    [put("cut.txt", Buffer.from("caf\u00e9").subarray(0, 4)), "invalid-input", "cut.txt is not UTF-8"],
    [
      put("latin.txt.gz", gzipSync(Buffer.from("caf\xe9", "latin1"))),
      "invalid-input",
      "latin.txt.gz is not UTF-8",
    ],
    [put("plain.txt.gz", "not packed"), "invalid-input", "plain.txt.gz is not a whole gzip file"],
    [
      put("cut.txt.gz", whole.subarray(0, whole.length / 2)),
      "invalid-input",
      "cut.txt.gz is not a whole gzip file",
    ],
    [path.join(folder, "nothing.txt"), "not-found", "nothing.txt cannot be read"],
  ] as const;
  const good = put("good.txt", "good");
  for (const [file, code, message] of refusals)
    await expect(countFiles([good, file], { threads: 2 })).rejects.toMatchObject({
      name: "ClozeError",
      code,
      message: expect.stringContaining(message),
    });
});

test("it tells how many bytes it has read, up to all of them", async () => {
  const text = numbered(18e6);
  const files = [put("told.txt", text), put("told.txt.gz", gzipSync(text, { level: 1 }))];
  const told: number[] = [];
  let of = 0;
  await countFiles(files, { onProgress: (bytes, total) => [told.push(bytes), (of = total)] });
  expect(told.length).toBeGreaterThan(10);
  expect(told).toEqual([...told].sort((one, other) => one - other));
  expect(told.at(-1)).toBe(of);
});

test("counting can be stopped", async () => {
  const file = put("stopped.txt", numbered(20e6));
  const stop = new AbortController();
  const counting = countFiles([file], { signal: stop.signal, onProgress: () => stop.abort() });
  await expect(counting).rejects.toMatchObject({ code: "aborted" });
  await expect(countFiles([file], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "aborted",
  });
});

test("twice the text with the same words takes no larger table", async () => {
  const text = numbered(4e6);
  const once = await countFiles([put("once.txt", text)]);
  const twice = await countFiles([put("twice.txt", `${text}\n${text}`)]);
  expect(twice.total).toBe(2 * once.total);
  expect(twice.byteLength).toBe(once.byteLength);
});

test.each(["\t", "\r"])(
  "words that only %j separates are not torn, however long the stretch",
  async (blank) => {
    const words = await countFiles([put("stretch.txt", `wörd${blank}`.repeat(400_000))]);
    expect(sorted(words)).toEqual(["word 400000"]);
  },
);

test("no threads at all are refused, and not taken for no words", async () => {
  await expect(countFiles([put("one.txt", "one")], { threads: 0 })).rejects.toThrow(
    "threads should be a whole number from 1",
  );
});
