import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { Io, Sink } from "./io.ts";
import { run } from "./run.ts";

const fixtures = fileURLToPath(new URL("../../../tests/fixtures", import.meta.url));
const vocab = fileURLToPath(new URL("../../starter/model/vocab.txt", import.meta.url));

const temporary = mkdtempSync(path.join(tmpdir(), "cloze-run-"));
afterAll(() => rmSync(temporary, { recursive: true }));
const looped = path.join(temporary, "looped.txt");
symlinkSync(looped, looped);

class Memory implements Sink {
  readonly isTTY = false;
  readonly columns = 80;
  text = "";
  async write(text: string): Promise<void> {
    this.text += text;
  }
}

/** Runs a command; the input is given in pieces of three characters, which cuts lines and CRLFs apart. */
async function cloze(argv: readonly string[], input = "") {
  const stdout = new Memory();
  const stderr = new Memory();
  const io: Io = {
    async *stdin() {
      for (let at = 0; at < input.length; at += 3) yield input.slice(at, at + 3);
    },
    stdout,
    stderr,
    env: {},
    exitCode: 0,
  };
  const code = await run(argv, io);
  return { code, out: stdout.text, err: stderr.text, lines: stdout.text.split("\n").slice(0, -1) };
}

const tokenize = (...rest: string[]): string[] => ["tokenize", "--vocab", vocab, "--json", ...rest];
const parsed = (lines: readonly string[]): unknown[] => lines.map((line) => JSON.parse(line) as unknown);

const tokens = (line: string): unknown[] =>
  (JSON.parse(line) as { windows: { tokens: string[] }[] }).windows.map((window) => window.tokens.join(" "));

const close = (metrics: object): object =>
  Object.fromEntries(
    Object.entries(metrics).map(([key, value]) => [key, expect.closeTo(value as number, 9)]),
  );

const commands =
  "classify fill ask tag choose next embed similar tokenize inspect evaluate score serve doctor completion".split(
    " ",
  );

test("without a command, and with --help, the commands are listed", async () => {
  for (const argv of [[], ["--help"]]) {
    const { code, out, err } = await cloze(argv);
    expect(code).toBe(0);
    expect(err).toBe("");
    for (const command of commands) expect(out).toContain(`  ${command} `);
  }
});

test.each(commands)("the help of %s has an example", async (command) => {
  const { code, out } = await cloze([command, "--help"]);
  expect(code).toBe(0);
  expect(out).toMatch(/Examples?:\n {2}\$ /);
});

test("--version prints the package's version", async () => {
  const version = (
    JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
  ).version;
  expect(await cloze(["--version"])).toMatchObject({ code: 0, out: `${version}\n`, err: "" });
});

test.each([
  [["clasify", "x"], "Unknown command 'clasify': did you mean classify?\n"],
  [["classify", "--jsn", "x"], "Unknown option '--jsn': did you mean --json?\n"],
  [["classify"], "Give a text, or --input FILE (- is standard input).\n"],
  [["classify", "x", "--input", "-"], "Give a text as arguments or --input, not both.\n"],
  [["ask", "Who?"], "Give a question and a context, two arguments in quotation marks.\n"],
  [
    ["ask", "Who?", "He.", "--threshold", "1"],
    "A threshold decides about no answer: give --no-answer with it.\n",
  ],
  [
    ["classify", "x", "--device", "tpu"],
    "Option '--device <device>' argument 'tpu' is invalid. Allowed choices are cpu, webgpu, cuda, auto. See --help.\n",
  ],
  [
    ["tokenize", "x", "--overlap", "2"],
    "--overlap is of windows: say how long they are with --max-length.\n",
  ],
  [["tokenize", "x", "--cased"], "A model knows whether it is cased: --cased goes with --vocab.\n"],
  [["tokenize", "--input", "no-such.jsonl"], "no-such.jsonl cannot be read: there is no such file.\n"],
  [["tokenize", "x", "--vocab", "no-such.txt"], "no-such.txt cannot be read: there is no such file.\n"],
  [["tokenize", "x", "--vocab", fixtures], `${fixtures} cannot be read: it is a folder.\n`],
  [["tokenize", "--input", `${vocab}/x`], `${vocab}/x cannot be read: its folder is a file.\n`],
  [["tokenize", "x", "--vocab", looped], `${looped} cannot be read: ELOOP.\n`],
  [["tokenize", "x", "--vocab", vocab, "--model", "x"], "Give --vocab or --model, not both.\n"],
  [["score"], "A command is missing or unknown: --help lists those there are.\n"],
  [["help", "nonexist"], "A command is missing or unknown: --help lists those there are.\n"],
  [["inspect", "x", "--preset", "base"], "Give a model or --preset, not both.\n"],
])("%j is refused with one sentence and exit code 2", async (argv, message) => {
  expect(await cloze(argv)).toEqual({ code: 2, out: "", err: message, lines: [] });
});

test.each([
  ["classify", "x", "--top", "0"],
  ["classify", "x", "--threads", "two"],
  ["embed", "x", "--layers", "last"],
  ["ask", "a", "b", "--threshold", "low", "--no-answer"],
  ["serve", "--port", "65536"],
  ["evaluate", "--task", "squad"],
  ["evaluate", "--task", "chess", "--data", "x"],
  ["score", "squad"],
])("a bad option is refused with one sentence and exit code 2: %j", async (...argv) => {
  const { code, out, err } = await cloze(argv);
  expect([code, out]).toEqual([2, ""]);
  expect(err.trimEnd().split("\n")).toHaveLength(1);
});

test("with --json an error is also an object on stdout", async () => {
  for (const argv of [
    ["classify", "--json"],
    ["classify", "--format", "jsonl"],
    ["clasify", "--json"],
  ]) {
    const { code, lines, err } = await cloze(argv);
    expect(code).toBe(2);
    expect(parsed(lines)).toEqual([{ error: { code: "invalid-option", message: err.trimEnd() } }]);
  }
});

test("a bad line is answered in its place, the rest as usual, and the exit code is 2", async () => {
  const input = '\uFEFF{"text":"one"}\r\n\r\n{"text":\r\n{"text":7}\n[]\n{"text":"two","pair":"three"}';
  const { code, lines, err } = await cloze(tokenize("--input", "-"), input);
  expect(code).toBe(2);
  expect(parsed(lines)).toMatchObject([
    { tokens: ["[CLS]", "one", "[SEP]"] },
    { error: { code: "invalid-input", line: 3 } },
    { error: { code: "invalid-input", line: 4, message: "text should be a text, but is a number." } },
    { error: { code: "invalid-input", line: 5 } },
    { tokens: ["[CLS]", "two", "[SEP]", "three", "[SEP]"], segments: [0, 0, 0, 1, 1] },
  ]);
  expect(err).toBe(
    "3 lines of 5 could not be answered; line 3: This line is not JSON: each should hold one whole JSON object.\n",
  );
});

test("tokens carry ids, segments and offsets into the text as it was given", async () => {
  const { lines } = await cloze(tokenize("Ünaffable 🙂"));
  expect(parsed(lines)).toEqual([
    {
      ids: [101, 14477, 20961, 3468, 100, 102],
      segments: [0, 0, 0, 0, 0, 0],
      tokens: ["[CLS]", "una", "##ffa", "##ble", "[UNK]", "[SEP]"],
      offsets: [
        [0, 0],
        [0, 3],
        [3, 6],
        [6, 9],
        [10, 12],
        [0, 0],
      ],
    },
  ]);
});

test("a pair is cut longest first, or to windows that share tokens", async () => {
  const input = '{"text":"a b","pair":"1 2 3 4 5 6"}';
  const cut = await cloze(tokenize("--input", "-", "--max-length", "8"), input);
  expect(parsed(cut.lines)).toMatchObject([
    { tokens: ["[CLS]", "a", "b", "[SEP]", "1", "2", "3", "[SEP]"], truncated: true },
  ]);
  const windows = await cloze(tokenize("--input", "-", "--max-length", "8", "--overlap", "0"), input);
  const plain = await cloze(
    tokenize("--input", "-", "--max-length", "6", "--overlap", "2", "--no-specials"),
    input,
  );
  expect(tokens(windows.lines[0])).toEqual(["[CLS] a b [SEP] 1 2 3 [SEP]", "[CLS] a b [SEP] 4 5 6 [SEP]"]);
  expect(tokens(plain.lines[0])).toEqual(["a b 1 2 3 4", "a b 3 4 5 6"]);
});

test("--lines reads plain text, and --summary counts it", async () => {
  const text = "\uFEFFone two\r\n\r\n{three}\n";
  expect((await cloze(tokenize("--input", "-", "--lines"), text)).lines).toHaveLength(2);
  const { lines } = await cloze(tokenize("--input", "-", "--lines", "--summary"), text);
  expect(parsed(lines)).toEqual([{ texts: 2, tokens: 9, seconds: expect.any(Number) }]);
});

test("--cased keeps case", async () => {
  expect(parsed((await cloze(tokenize("--cased", "Xyloph"))).lines)).toMatchObject([
    { tokens: ["[CLS]", "[UNK]", "[SEP]"] },
  ]);
});

test("the formats: an array, lines, tab-separated values", async () => {
  const argv = ["tokenize", "--vocab", vocab, "one", "two\tthree", "--format"];
  expect(parsed([(await cloze([...argv, "json"])).out])).toMatchObject([[{ ids: [101, 2028, 102] }, {}]]);
  expect((await cloze([...argv, "jsonl"])).lines).toHaveLength(2);
  expect((await cloze([...argv, "tsv"])).lines).toEqual([
    "tokens\tids",
    "[CLS] one [SEP]\t101 2028 102",
    "[CLS] two three [SEP]\t101 2048 2093 102",
  ]);
  const none = ["tokenize", "--vocab", vocab, "--input", "-", "--format"];
  expect((await cloze([...none, "json"])).out).toBe("[]\n");
  expect((await cloze([...none, "tsv"])).out).toBe("tokens\tids\n");
});

test("texts cannot steer a terminal", async () => {
  const { out } = await cloze(["tokenize", "--vocab", vocab, "one \u001B[31m two"]);
  expect(out).not.toContain("\u001B");
});

test("score squad prints the official metrics of the data's version", async () => {
  const folder = `${fixtures}/squad`;
  const expected = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8")) as Record<string, object>;
  const score = async (data: string, predictions: string, ...rest: string[]) => {
    const files = ["--data", `${folder}/${data}.json`, "--predictions", `${folder}/${predictions}.json`];
    return cloze(["score", "squad", ...files, ...rest, "--json"]);
  };
  const first = await score("data-1.1", "predictions-missing");
  expect(first.err).toBe(
    "2 of 39 questions have no prediction: they count as wrong, as in the official script.\n",
  );
  expect(parsed(first.lines)).toEqual([close(expected["1.1 missing"])]);
  const second = await score(
    "data-v2.0",
    "predictions",
    "--no-answer-probabilities",
    `${folder}/na-probs.json`,
  );
  expect(parsed(second.lines)).toEqual([close(expected["2.0 na-probs"])]);
  expect(
    await score("data-1.1", "predictions", "--no-answer-probabilities", `${folder}/na-probs.json`),
  ).toMatchObject({ code: 2, err: "Probabilities of no answer are for SQuAD 2.0; this data is 1.1.\n" });
});

test.each([
  ["base", 109_482_240, "110M"],
  ["large", 335_141_888, "340M"],
])("inspect counts the parameters of %s", async (preset, total, paper) => {
  const { lines } = await cloze(["inspect", "--preset", preset, "--json"]);
  expect(parsed(lines)).toMatchObject([{ name: preset, parameters: { total }, paper }]);
});

test("what inspect shows is also tab-separated values, by path", async () => {
  const { lines } = await cloze(["inspect", "--preset", "tiny", "--format", "tsv"]);
  expect(lines).toContain("name\ttiny");
  expect(lines).toContain("config.layers\t2");
  expect(lines.filter((line) => line.includes("[object"))).toEqual([]);
});

test.each(["bash", "zsh", "fish"])(
  "the completions of %s know the commands and their options",
  async (shell) => {
    const { code, out } = await cloze(["completion", shell]);
    expect(code).toBe(0);
    for (const word of [...commands, "--max-question", "--no-answer"]) expect(out).toContain(word);
  },
);

test("a file of weights by label may begin with a byte order mark", async () => {
  const weights = path.join(temporary, "weights.json");
  writeFileSync(weights, '\uFEFF{"glad": 2}\r\n');
  const files = ["--train", "no-such.tsv", "--dev", "no-such.tsv", "--out", path.join(temporary, "out")];
  const argv = ["finetune", "--task", "classify", "--model", temporary, ...files, "--class-weights"];
  expect((await cloze([...argv, weights])).err).not.toContain("should hold a JSON object");
  expect((await cloze([...argv, vocab])).err).toContain("should hold a JSON object");
});

test("in a list with commas between, spaces are no part of a piece", async () => {
  const [corpus, out] = ["corpus.txt", "vocab.txt"].map((name) => path.join(temporary, name));
  writeFileSync(corpus, "the cat sat on the mat\n");
  const argv = ["vocab", "--corpus", corpus, "--out", out, "--size", "30", "--threads", "1", "--special"];
  expect(await cloze([...argv, "[PAD], [UNK], [CLS], [SEP]"])).toMatchObject({ code: 0 });
  expect(readFileSync(out, "utf8").split("\n").slice(0, 4)).toEqual(["[PAD]", "[UNK]", "[CLS]", "[SEP]"]);
});

test("where nobody reads standard error, the exit code is what it would be", async () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "clasify"], { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.destroy();
  expect(await once(child, "close")).toEqual([2, null]);
});
