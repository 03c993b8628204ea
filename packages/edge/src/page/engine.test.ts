import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { bodyOf, curlLine, pathOf } from "./engine.ts";
import { readLines } from "./http.ts";

const text = `it's "warm" $HOME \\ and\nlong`;
const question = {
  route: "/v1/classify",
  plugin: "sentiment",
  own: false,
  inputs: [{ text }],
  many: false,
  options: { top: 2 },
};

test("a question goes to its task's route by its plugin's name, or to the plugin's own route", () => {
  expect([pathOf(question), bodyOf(question)]).toEqual([
    "/v1/classify",
    { text, top: 2, plugin: "sentiment" },
  ]);
  const own = { ...question, own: true };
  expect([pathOf(own), bodyOf(own)]).toEqual(["/v1/plugins/sentiment", { text, top: 2 }]);
});

test("one input is a list where a list is asked for, and several always are", () => {
  expect(bodyOf({ ...question, many: true })).toMatchObject({ inputs: [{ text }] });
  expect(bodyOf({ ...question, inputs: [{ text }, { text }] })).toMatchObject({
    inputs: [{ text }, { text }],
  });
});

test.runIf(process.platform !== "win32")("a shell reads the curl line as it was meant", () => {
  const line = curlLine(question, "http://127.0.0.1:8787", true);
  const said = execFileSync("sh", ["-c", `curl() { printf '%s\\0' "$@"; }; ${line}`], {
    encoding: "utf8",
    env: { ...process.env, CLOZE_KEY: "k1" },
  }).split("\0");
  expect(said.slice(0, -2)).toEqual([
    "http://127.0.0.1:8787/v1/classify",
    "-H",
    "content-type: application/json",
    "-H",
    "authorization: Bearer k1",
    "-d",
  ]);
  expect(JSON.parse(said.at(-2)!)).toEqual({ text, top: 2, plugin: "sentiment" });
});

test("of a list the curl line asks for answers as they come", () => {
  const line = curlLine({ ...question, many: true }, "http://127.0.0.1:8787", false);
  expect(line).toContain(" -N -H 'accept: application/x-ndjson' ");
  expect(line).not.toContain("authorization");
});

/** A stream of these bytes, in these parts. */
function streamOf(...parts: readonly Uint8Array<ArrayBuffer>[]) {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

test("lines of a stream are whole wherever the bytes are cut", async () => {
  const bytes = new TextEncoder().encode(`{"a":"é"}\n\n{"b":"東京"}\n{"c":1}`);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const lines: string[] = [];
    for await (const line of readLines(streamOf(bytes.slice(0, cut), bytes.slice(cut)))) lines.push(line);
    expect(lines).toEqual([`{"a":"é"}`, `{"b":"東京"}`, `{"c":1}`]);
  }
});
