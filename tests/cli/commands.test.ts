/** The commands as a shell runs them, with the starter model. */
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { cloze, finish, start, main } from "./cloze.ts";

const checkpoints = fileURLToPath(new URL("../fixtures/checkpoints", import.meta.url));
const shared = process.env.CLOZE_SHARED ?? fileURLToPath(new URL("../../../shared", import.meta.url));
const wikigold = path.join(shared, "data/wikigold");
const folder = mkdtempSync(path.join(tmpdir(), "cloze-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = (value: string): string => JSON.stringify({ text: value });

test("classify labels texts, in order, a bad line in its place", async () => {
  const lines = [
    text("a warm , funny and touching film"),
    "",
    "not json",
    text("dull , clumsy and far too long"),
    '{"pair":"x"}',
  ];
  const result = await cloze(["classify", "--input", "-", "--json"], `\uFEFF${lines.join("\r\n")}`);
  expect(result.code).toBe(2);
  expect(result.json()).toMatchObject([
    {
      label: "positive",
      score: expect.any(Number),
      scores: { positive: expect.any(Number), negative: expect.any(Number) },
    },
    { error: { code: "invalid-input", line: 3 } },
    { label: "negative" },
    { error: { code: "invalid-input", line: 5, message: "text should be a text, but is missing." } },
  ]);
  expect(result.err).toMatch(/^2 lines of 4 could not be answered; line 3: .*\n$/);
});

test("classify tells people a label and a share", async () => {
  const result = await cloze(["classify", "a warm , funny and touching film"]);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.out).toMatch(/^positive +\d+\.\d\d %\nnegative +\d+\.\d\d %\n$/);
});

test("classify shows people the best label first, even of labels that look like numbers", async () => {
  const model = path.join(folder, "numbers");
  cpSync(path.join(checkpoints, "no-prefix"), model, { recursive: true });
  const config = path.join(model, "config.json");
  const json = JSON.parse(readFileSync(config, "utf8")) as { id2label: Record<string, string> };
  const labels = Object.keys(json.id2label);
  expect(labels.length).toBeGreaterThan(1);
  const orders = [labels, labels.toReversed()];
  for (const order of orders) {
    writeFileSync(config, JSON.stringify({ ...json, id2label: Object.fromEntries(order.entries()) }));
    const { out } = await cloze(["classify", "a cat", "--model", model]);
    const scores = Array.from(out.matchAll(/ (\d+\.\d\d) %/g), ([, score]) => Number(score));
    expect(scores).toHaveLength(labels.length);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  }
});

test("ask answers with offsets into the context", async () => {
  const context = "The play 🙂 was written by Anton Chekhov in 1896.";
  const result = await cloze(["ask", "Who wrote it?", context, "--json", "--top", "3"]);
  expect(result).toMatchObject({ code: 0, err: "" });
  const [answer] = result.json() as { answer: string; start: number; end: number; answers: unknown[] }[];
  expect(answer.answer).toBe("Anton Chekhov");
  expect(context.slice(answer.start, answer.end)).toBe("Anton Chekhov");
  expect(answer.answers).toHaveLength(3);
});

test("ask shows people the answer in its context, and that there may be none", async () => {
  const context = "The play was written by Anton Chekhov in 1896.";
  expect((await cloze(["ask", "Who wrote it?", context])).out).toContain(
    "written by [Anton Chekhov] in 1896.",
  );
  const none = await cloze(["ask", "Who wrote it?", "", "--no-answer", "--json"]);
  expect(none.json()).toEqual([{ answer: "", start: null, end: null, score: null, answers: [] }]);
});

test("embed gives the layers asked for, of length 1 where normalized", async () => {
  const result = await cloze(["embed", "a film", "--layers", "-1,-2", "--normalize", "--json"]);
  const [{ embedding }] = result.json() as { embedding: number[] }[];
  expect(embedding).toHaveLength(768);
  expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
});

test("an option that the model refuses ends the command with one sentence", async () => {
  const result = await cloze(
    ["ask", "--input", "-", "--max-length", "600", "--json"],
    '{"question":"a","context":"b"}\n',
  );
  expect(result.code).toBe(2);
  expect(result.json()).toMatchObject([{ error: { code: "invalid-option" } }]);
  expect(result.err).toContain("600");
});

test("a plugin that is not there is named, with those that are", async () => {
  const result = await cloze(["classify", "x", "--plugin", "moods"]);
  expect(result).toMatchObject({ code: 2, out: "" });
  expect(result.err).toBe("There is no plugin named moods; for this task there are: sentiment.\n");
});

test("a model folder that is not there is a failure", async () => {
  const result = await cloze(["classify", "x", "--model", path.join(folder, "nothing"), "--json"]);
  expect(result.code).toBe(1);
  expect(result.json()).toMatchObject([{ error: { code: "not-found" } }]);
  expect(result.err).toMatch(/^There is no model folder at .*\n$/);
});

test("truncated weights are a failure that says so", async () => {
  const model = path.join(folder, "truncated");
  cpSync(path.join(checkpoints, "tanh"), model, { recursive: true });
  truncateSync(path.join(model, "model.safetensors"), 5000);
  const result = await cloze(["embed", "x", "--model", model, "--json"]);
  expect(result.code).toBe(1);
  expect(result.json()).toMatchObject([{ error: { code: "invalid-model" } }]);
  expect(result.err).toMatch(/^model\.safetensors in .* is damaged: .*\n$/);
});

test("a program that writes a line and waits for its answer gets it", async () => {
  const child = start(["classify", "--input", "-", "--json"]);
  const answers = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
  for (const line of ['{"text":"a warm , funny film"}', '{"text":"dull and far too long"}']) {
    child.stdin.write(`${line}\n`);
    expect(JSON.parse((await answers.next()).value as string)).toHaveProperty("label");
  }
  child.stdin.end();
  expect(await answers.next()).toHaveProperty("done", true);
});

test("a line that is refused ends no stream, though it comes alone", async () => {
  const child = start(["ask", "--input", "-", "--json", "--max-length", "24"]);
  const answers = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
  const context = "The play was written by Anton Chekhov in 1896.";
  const long = "Who wrote it, ".repeat(8);
  for (const [question, answer] of [
    ["Who wrote it?", { answer: expect.any(String) as unknown }],
    [long, { error: { code: "invalid-option", line: 2 } }],
    ["Who wrote it?", { answer: expect.any(String) as unknown }],
  ] as const) {
    child.stdin.write(`${JSON.stringify({ question, context })}\n`);
    expect(JSON.parse((await answers.next()).value as string)).toMatchObject(answer);
  }
  child.stdin.end();
  expect(await answers.next()).toHaveProperty("done", true);
});

test("a command that fails ends, though its input stays open", async () => {
  const dying = `
    import { Worker } from "node:worker_threads";
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest) {
      if (message.feeds) setImmediate(() => this.emit("error", new Error("out of memory")));
      else postMessage.call(this, message, ...rest);
    };`;
  const child = start(["embed", "--input", "-", "--json"], {
    NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(dying)}"`,
  });
  child.stdin.write(`${text("a film")}\n`);
  const result = await finish(child);
  expect(result).toMatchObject({ code: 1, err: expect.stringContaining("out of memory") as unknown });
});

test("a reader that has seen enough ends the command quietly", async () => {
  const input = path.join(folder, "many.txt");
  writeFileSync(input, "one two three four five six seven\n".repeat(50_000));
  const command = `set -o pipefail; "${process.execPath}" "${main}" tokenize --lines --json --input "${input}" | head -n 1`;
  const { out, err } = await new Promise<{ out: string; err: string }>((resolve, reject) => {
    execFile("bash", ["-c", command], (error, stdout, stderr) =>
      error ? reject(error) : resolve({ out: stdout, err: stderr }),
    );
  });
  expect(out.split("\n")).toHaveLength(2);
  expect(err).toBe("");
});

test("--help loads no model code, and tokenize no ONNX Runtime", async () => {
  const loads = { NODE_DEBUG: "module,esm" }; // Node names every module that it loads
  const help = await cloze(["--help"], "", loads);
  expect(help.err).toContain("commander");
  expect(help.err).not.toContain("core/dist");
  const tokenize = await cloze(["tokenize", "a film"], "", loads);
  expect(tokenize.err).toContain("core/dist");
  expect(tokenize.err).not.toContain("onnxruntime");
});

test("evaluate refuses a label that the head does not have, with its line", async () => {
  const data = path.join(folder, "dev.tsv");
  writeFileSync(data, "text\tlabel\na film\tpositive\na film\tneutral\n");
  const result = await cloze(["evaluate", "--task", "classify", "--data", data]);
  expect(result).toMatchObject({ code: 2, out: "" });
  expect(result.err).toBe('dev.tsv, line 3: "neutral" is no label, which are negative, positive.\n');
});

test("evaluate measures labels by name and by number", async () => {
  const data = path.join(folder, "two.tsv");
  const predictions = path.join(folder, "predictions.jsonl");
  writeFileSync(
    data,
    "\uFEFFlabel\tsentence\r\npositive\ta warm , funny film\r\n0\tdull and far too long\r\n",
  );
  const options = ["--columns", "sentence,label", "--predictions", predictions, "--json"];
  const result = await cloze(["evaluate", "--task", "classify", "--data", data, ...options]);
  expect(result.code).toBe(0);
  expect(result.json()).toMatchObject([{ accuracy: 1, f1: 1, matthews: 1, texts: 2 }]);
});

test("evaluate asks the head whose labels it counts, where another could answer too", async () => {
  const starter = fileURLToPath(new URL("../../packages/starter/model", import.meta.url));
  const model = path.join(folder, "two-heads");
  cpSync(starter, model, { recursive: true });
  const other = path.join(model, "plugins", "a-mood");
  cpSync(path.join(model, "plugins", "sentiment"), other, { recursive: true });
  const file = path.join(other, "plugin.json");
  const plugin = JSON.parse(readFileSync(file, "utf8")) as object;
  writeFileSync(
    file,
    JSON.stringify({ ...plugin, name: "a-mood", kind: "multi-label", labels: ["glum", "merry"] }),
  );
  const data = path.join(folder, "moods.tsv");
  writeFileSync(data, "text\tlabel\na warm , funny film\tpositive\ndull and far too long\tnegative\n");
  const predictions = path.join(folder, "moods.jsonl");
  const options = ["--data", data, "--model", model, "--predictions", predictions, "--json"];
  const result = await cloze(["evaluate", "--task", "classify", ...options]);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.json()).toMatchObject([{ accuracy: 1, "f1 positive": 1 }]);
  expect(readFileSync(predictions, "utf8")).toMatch(/^{"label":"positive"/);
});

test("evaluate measures entities, a word's label being that of its first piece", async () => {
  const data = path.join(folder, "names.conll");
  const predictions = path.join(folder, "names.out");
  writeFileSync(
    data,
    "\uFEFFAnton\tI-PER\r\nChekhov\tI-PER\r\nwrote\tO\r\n\r\nIn O\nTaganrog S-LOC\nand O\nBerlin O\n",
  );
  const evaluate = ["evaluate", "--task", "tag", "--data", data];
  const result = await cloze([...evaluate, "--predictions", predictions, "--json"]);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.json()).toMatchObject([
    { precision: 2 / 3, recall: 1, f1: 0.8, "f1 LOC": 2 / 3, "f1 PER": 1, entities: 2, sentences: 2 },
  ]);
  expect(readFileSync(predictions, "utf8")).toBe(
    "Anton\tI-PER\tB-PER\nChekhov\tI-PER\tI-PER\nwrote\tO\tO\n\n" +
      "In\tO\tO\nTaganrog\tS-LOC\tB-LOC\nand\tO\tO\nBerlin\tO\tB-LOC\n",
  );
  writeFileSync(data, "Anton B-PER\nfilm B-ART\n");
  expect(await cloze(evaluate)).toMatchObject({
    code: 2,
    err: 'names.conll, line 2: "B-ART" is of no kind that this head finds, which are PER, ORG, LOC, MISC.\n',
  });
  expect(await cloze([...evaluate, "--plugin", "sentiment"])).toMatchObject({
    code: 2,
    err: "The plugin sentiment is not of kind token; these are: entities.\n",
  });
});

test.runIf(existsSync(wikigold))("the starter's entities score as its card says, on WikiGold", async () => {
  for (const [name, f1] of [
    ["dev", 0.6135],
    ["test", 0.6092],
  ] as const) {
    const data = path.join(wikigold, `${name}.conll`);
    const [metrics] = (await cloze(["evaluate", "--task", "tag", "--data", data, "--json"])).json();
    expect((metrics as { f1: number }).f1).toBeCloseTo(f1, 4);
  }
});

test("evaluate leaves an old file of predictions as it is until there are new ones", async () => {
  const data = path.join(folder, "kept.tsv");
  const predictions = path.join(folder, "kept.jsonl");
  const rows = "text\tlabel\na film\tpositive\n";
  writeFileSync(data, rows);
  writeFileSync(predictions, "old");
  const evaluate = ["evaluate", "--task", "classify", "--data", data];
  const nothing = path.join(folder, "nothing");
  const result = await cloze([...evaluate, "--predictions", predictions, "--model", nothing]);
  expect(result).toMatchObject({ code: 1 });
  expect(readFileSync(predictions, "utf8")).toBe("old");

  const link = path.join(folder, "link.tsv");
  symlinkSync(data, link);
  for (const file of [data, link]) {
    expect(await cloze([...evaluate, "--predictions", file])).toMatchObject({
      code: 2,
      err: "--predictions and --data are one file: choose another.\n",
    });
    expect(readFileSync(data, "utf8")).toBe(rows);
  }
  expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
});

test("evaluate writes no two results to one file", async () => {
  const data = fileURLToPath(new URL("../fixtures/squad/data-v2.0.json", import.meta.url));
  const file = path.join(folder, "both.json");
  const options = ["--data", data, "--predictions", file, "--null-odds", file];
  expect(await cloze(["evaluate", "--task", "squad", ...options])).toMatchObject({
    code: 2,
    err: "--null-odds and --predictions are one file: choose another.\n",
  });
});

test("evaluate measures answers with the official metrics of the data's version", async () => {
  const squad = fileURLToPath(new URL("../fixtures/squad", import.meta.url));
  const predictions = path.join(folder, "answers.json");
  const odds = path.join(folder, "odds.json");
  const data = `${squad}/data-v2.0.json`;
  const options = ["--predictions", predictions, "--null-odds", odds, "--json"];
  const result = await cloze(["evaluate", "--task", "squad", "--data", data, ...options]);
  const scored = await cloze(["score", "squad", "--data", data, "--predictions", predictions, "--json"]);
  expect(result.code).toBe(0);
  const [metrics] = scored.json();
  expect(metrics).toMatchObject({ total: 46, HasAns_total: 39, NoAns_total: 7 });
  expect(result.json()).toMatchObject([metrics as object]);
  expect(await cloze(["evaluate", "--task", "squad", "--data", data, "--columns", "a,b"])).toMatchObject({
    code: 2,
    err: "--columns is not for --task squad: leave it out.\n",
  });
});

test("doctor finds this machine well", async () => {
  const { code, out } = await cloze(["doctor", "--port", "0"]);
  expect(
    out
      .split("\n")
      .slice(0, -1)
      .map((line) => line.slice(0, 2)),
  ).toEqual(["ok", "ok", "ok", "ok", "ok"]);
  expect(code).toBe(0);
});

test("doctor's findings are tab-separated values too", async () => {
  const { out } = await cloze(["doctor", "--port", "0", "--format", "tsv"]);
  expect(out).toMatch(/^ok\ttrue\nchecks\.0\.name\tNode\nchecks\.0\.ok\ttrue\nchecks\.0\.message\t/);
});
