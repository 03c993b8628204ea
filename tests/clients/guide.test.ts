/** The guide to clients: its programs are files that are run here, and print what their comments say. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asTold, valuesOf } from "../docs/values.ts";
import { pythonWith } from "../reference/python.ts";
import { run, useStarter } from "./stand.ts";

const stand = useStarter();
const python = pythonWith("huggingface_hub", "openai");
if (python === undefined)
  console.warn(
    "The guide's programs in Python were not run: CLOZE_PYTHON has no huggingface_hub, or no openai.",
  );

const written = "http://127.0.0.1:8787/";
const guide = readFileSync(path.join(import.meta.dirname, "../../docs/clients.md"), "utf8");
const program = (name: string) => readFileSync(path.join(import.meta.dirname, "examples", name), "utf8");
const blocks = (language: string) =>
  Array.from(guide.matchAll(/^```(\w*)\n(.*?)^```$/gms))
    .filter(([, mark]) => mark === language)
    .map(([, , code]) => code);

it.each([
  ["ts", ["typescript.ts", "caller.ts"]], // service.test.ts runs the latter
  ["js", ["hugging-face.mjs", "openai.mjs"]],
  ["python", ["hugging_face.py", "openai_embeddings.py"]],
])("shows its programs in %s whole", (language, names) => {
  expect(blocks(language)).toEqual(names.map(program));
});

it("shows what a request is answered with", async () => {
  const [, where, body, shown] = /^\$ curl \S+?8787(\S+).* -d '(.*)'\n(.*)\n$/.exec(blocks("")[0])!;
  const { body: answer } = await stand.worker.post(where, body);
  const told: unknown = JSON.parse(shown);
  expect(asTold(answer, told)).toEqual(told);
});

describe("in JavaScript", () => {
  beforeEach(() => {
    const send = fetch;
    vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
      send(url.replace(written, stand.worker.url), init),
    );
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it.each(["typescript.ts", "hugging-face.mjs", "openai.mjs"])(
    "%s prints what its comments say",
    async (name) => {
      const print = vi.spyOn(console, "log").mockImplementation(() => {});
      await import(path.join(import.meta.dirname, "examples", name));
      const told = Array.from(program(name).matchAll(/console\.log\(.*\); \/\/ (.*)$/gm), ([, comment]) =>
        valuesOf(comment),
      );
      expect(asTold(print.mock.calls, told)).toEqual(told);
    },
  );
});

it.runIf(python).each(["hugging_face.py", "openai_embeddings.py"])(
  "%s prints what its comments say",
  async (name) => {
    const printed = await run(python!, "-c", program(name).replace(written, stand.worker.url));
    const told = Array.from(program(name).matchAll(/^print\(.*\) {2}# (.*)$/gm), ([, comment]) => comment);
    expect(printed.trimEnd().split("\n")).toEqual(told);
  },
);
