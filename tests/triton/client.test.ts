/** NVIDIA's own client before our server, and before Triton with the same model: what it asks, both answer alike. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { exportTriton, load, openFolder } from "@cloze/runtime/node";
import { startServer } from "@cloze/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonWith } from "../reference/python.ts";
import { starter } from "../starter.ts";
import { startTriton } from "./triton.ts";

const python = pythonWith("pytriton", "tritonclient.http", "onnxruntime", "numpy");
const script = fileURLToPath(new URL("client.py", import.meta.url));

interface Asked {
  readonly value?: unknown;
  readonly status?: string;
  readonly message?: string;
}
type Results = Readonly<Record<string, Asked>>;

/** Runs the client's script. */
async function askAll(url: string): Promise<Results> {
  const { stdout } = await promisify(execFile)(python!, [script, new URL(url).host], { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout) as Results;
}

let ours: Results;
let theirs: Results;
const folder = mkdtempSync(path.join(tmpdir(), "cloze-repository-"));
beforeAll(async () => {
  if (!python) return;
  await exportTriton(await openFolder(starter), folder, { name: "cloze-starter", device: "cpu" });
  {
    await using triton = await startTriton(python, folder);
    theirs = await askAll(triton.url);
  }
  await using bert = await load(starter);
  const { session, config } = bert;
  const server = await startServer({ session, config, model: "cloze-starter" });
  ours = await askAll(server.url);
  await server.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Numbers as close as two builds of ONNX Runtime are. */
function near(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : expect.closeTo(value, 2);
  if (Array.isArray(value)) return value.map(near);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, near(inner)]));
}

const extensions = ({ value }: Asked) => (value as { readonly extensions: readonly string[] }).extensions;

describe.runIf(python)("tritonclient", () => {
  test.each([
    ["live", true],
    ["ready", true],
    ["model ready", true],
    ["version ready", true],
    ["other version ready", false],
    ["other model ready", false],
  ])("is told whether what it asks for is ready: %s", (name, ready) => {
    expect([ours[name], theirs[name]]).toEqual([{ value: ready }, { value: ready }]);
  });

  test.each([
    "binary",
    "json",
    "json in, binary out",
    "version named",
    "with an id",
    "masked words",
    "together",
    "urgent",
    "of a priority that is none",
    "with time",
    "with a parameter of its own",
    "gzip in",
    "gzip out",
    "gzip both",
    "deflate in",
    "deflate out",
    "deflate both",
  ])("gets what Triton gives: %s", (name) => {
    expect(theirs[name].message).toBeUndefined();
    expect(ours[name]).toEqual(near(theirs[name]));
  });

  test.each([
    ["a model that is none", "404", "none"],
    ["other version", "404", "9"],
    ["other version named", "404", "9"],
    ["an output that is none", "400", "none"],
    ["an input that is none", "400", "none"],
    ["an input is missing", "400", "attention_mask"],
    ["places of masks are missing", "400", "masked_positions"],
  ])("is refused as Triton refuses it, in our words: %s", (name, status, what) => {
    for (const { status: given, message } of [ours[name], theirs[name]])
      expect([given, message]).toEqual([status, expect.stringContaining(what)]);
    expect(ours[name].message).toMatch(/\.$/);
  });

  test("is told that its time has passed: with the status that says so, which Triton's does not", () => {
    expect(ours["without time"].status).toBe("504");
    expect([undefined, "503"]).toContain(theirs["without time"].status); // it may run before Triton looks at the clock
  });

  test("is told the same of the model: inputs, outputs, types and shapes", () => {
    interface Model {
      readonly name: string;
      readonly versions: readonly string[];
      readonly platform: string;
      readonly inputs: readonly Tensor[];
      readonly outputs: readonly Tensor[];
    }
    interface Tensor {
      readonly name: string;
    }
    const byName = (tensors: readonly Tensor[]) => new Map(tensors.map((one) => [one.name, one]));
    for (const name of ["model", "version"]) {
      const [our, their] = [ours[name].value as Model, theirs[name].value as Model];
      expect([our.name, our.versions, typeof our.platform]).toEqual([their.name, their.versions, "string"]);
      expect(byName(our.inputs)).toEqual(byName(their.inputs));
      const outputs = byName(our.outputs.filter((one) => !one.name.startsWith("hidden."))); // of ours alone
      expect(outputs).toEqual(byName(their.outputs));
    }
    expect(new Set(ours["all outputs"].value as string[])).toEqual(
      new Set((ours.model.value as Model).outputs.map((one) => one.name)),
    );
  });

  test("is told how the model is served, as config.pbtxt says it", () => {
    interface Config {
      readonly name: string;
      readonly max_batch_size: number;
      readonly input: readonly Io[];
      readonly output: readonly Io[];
      readonly version_policy: object;
    }
    interface Io {
      readonly name: string;
      readonly data_type: string;
      readonly dims: readonly number[];
      readonly optional?: boolean;
    }
    const [our, their] = [ours.config.value as Config, theirs.config.value as Config];
    const plain = (ios: readonly Io[]) =>
      new Map(
        ios.map(({ name, data_type, dims, optional = false }) => [name, { data_type, dims, optional }]),
      );
    expect(our.name).toBe(their.name);
    expect(our.max_batch_size).toBe(128);
    expect([our.version_policy, their.version_policy]).toEqual([
      { all: {} },
      { latest: { num_versions: 1 } },
    ]);
    expect(plain(our.input)).toEqual(plain(their.input));
    expect(plain(our.output.filter(({ name }) => !name.startsWith("hidden.")))).toEqual(plain(their.output));
  });

  test("finds the model in the repository, and what the server can do", () => {
    const model: unknown = expect.objectContaining({ name: "cloze-starter", version: "1", state: "READY" });
    expect([ours.index.value, theirs.index.value]).toEqual([[model], expect.arrayContaining([model])]);
    const known = [
      "model_repository",
      "schedule_policy",
      "model_configuration",
      "binary_tensor_data",
      "statistics",
    ];
    expect(extensions(theirs.server)).toEqual(expect.arrayContaining(known));
    expect(extensions(ours.server)).toEqual(expect.arrayContaining(known));
  });

  test.each(["statistics", "version statistics", "all statistics"])("finds what was counted: %s", (name) => {
    interface Durations {
      readonly count: number;
      readonly ns: number;
    }
    interface Statistics {
      readonly name: string;
      readonly inference_count: number;
      readonly execution_count: number;
      readonly last_inference: number;
      readonly inference_stats: Readonly<Record<string, Durations>>;
      readonly batch_stats: readonly Readonly<Record<string, number | Durations>>[];
    }
    const of = ({ value }: Asked) =>
      (value as { readonly model_stats: readonly Statistics[] }).model_stats.find(
        (one) => one.name === "cloze-starter",
      )!;
    const [our, their] = [of(ours[name]), of(theirs[name])];
    expect(Object.keys(our)).toEqual(expect.arrayContaining(["name", "version", "last_inference"]));
    expect(Object.keys(our.inference_stats).sort()).toEqual(Object.keys(their.inference_stats).sort());
    expect(Object.keys(our.batch_stats[0]).sort()).toEqual(Object.keys(their.batch_stats[0]).sort());
    const more = theirs["without time"].status === undefined ? 1 : 0;
    expect([our.inference_count + more, our.inference_stats.success.count + more]).toEqual([
      their.inference_count,
      their.inference_stats.success.count,
    ]);
    expect(our.execution_count).toBeLessThanOrEqual(our.inference_count);
    expect(our.last_inference).toBeGreaterThan(Date.now() - 600_000);
  });
});
