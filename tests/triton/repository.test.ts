/** What is exported for Triton, read by Triton's own schema and, in each precision, by ONNX Runtime. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { load, openFolder, exportTriton, planTriton } from "@cloze/runtime/node";
import type { Precision, TritonOptions } from "@cloze/runtime/node";
import { afterAll, describe, expect, test } from "vitest";
import { cloze } from "../cli/cloze.ts";
import { fixturePath } from "../reference/fixtures.ts";
import { pythonWith } from "../reference/python.ts";
import { starter } from "../starter.ts";
import { runFile } from "../export/onnx-runtime.ts";

const root = mkdtempSync(path.join(tmpdir(), "cloze-triton-export-"));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
const fresh = () => path.join(root, String(count++));
const python = pythonWith("tritonclient.grpc", "google.protobuf");
const tiny = fixturePath("checkpoints/pretraining");

/** The parts of inference.ModelConfig that are looked at. */
interface Config {
  readonly backend?: string;
  readonly platform?: string;
  readonly max_batch_size: number;
  readonly input: readonly object[];
  readonly output: readonly { readonly name: string; readonly dims: readonly string[] }[];
  readonly instance_group?: object;
  readonly dynamic_batching?: object;
  readonly model_warmup?: readonly { readonly inputs: object }[];
  readonly optimization?: object;
  readonly parameters?: object;
  readonly ensemble_scheduling?: { readonly step: readonly { readonly model_name: string }[] };
}

const script = fileURLToPath(new URL("read_configs.py", import.meta.url));

async function configsOf(from: string, options: TritonOptions): Promise<Record<string, Config>> {
  const to = fresh();
  await exportTriton(await openFolder(from), to, { name: "bert", ...options });
  const { stdout, stderr } = spawnSync(python!, [script, to], { encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Record<string, Config>;
}

const ids = (name: string) => ({ name, data_type: "TYPE_INT64", dims: ["-1"] });

describe.runIf(python)("config.pbtxt, by Triton's schema", () => {
  test("names what the model takes and gives, without the batch", async () => {
    const configs = await configsOf(starter, {});
    expect(Object.keys(configs).sort()).toEqual(["bert", "bert-encoder", "bert-masked-lm"]);
    const { bert, "bert-encoder": encoder, "bert-masked-lm": words } = configs;
    expect(encoder.input).toEqual([ids("input_ids"), ids("token_type_ids"), ids("attention_mask")]);
    expect(words.input).toEqual([
      ids("masked_positions"),
      { name: "last_hidden_state", data_type: "TYPE_FP32", dims: ["-1", "384"] },
    ]);
    expect(bert.platform).toBe("ensemble");
    expect(bert.input).toEqual([...encoder.input, { ...ids("masked_positions"), optional: true }]);
    expect(Object.fromEntries(bert.output.map(({ name, dims }) => [name, dims]))).toMatchObject({
      sentiment: ["2"],
      answers: ["-1", "2"],
      entities: ["-1", "9"],
      last_hidden_state: ["-1", "384"],
      "mean.3": ["384"],
      pooler_output: ["384"],
      "masked-lm": ["-1", "30522"],
      "masked-lm.ids": ["-1", "32"],
      "masked-lm.total": ["-1"],
    });
    expect(bert.ensemble_scheduling?.step.map((step) => step.model_name)).toEqual([
      "bert-masked-lm",
      "bert-encoder",
    ]);
  });

  test("has queues that heed priorities and deadlines, a warm-up for each length, and runs on a GPU", async () => {
    const { "bert-encoder": encoder } = await configsOf(starter, {
      maxBatch: 16,
      delayMs: 0.25,
      instances: 2,
    });
    expect(encoder).toMatchObject({
      backend: "onnxruntime",
      max_batch_size: 16,
      instance_group: [{ kind: "KIND_GPU", count: 2 }],
      version_policy: { latest: { num_versions: 1 } },
      dynamic_batching: {
        max_queue_delay_microseconds: "250",
        priority_levels: "10",
        default_priority_level: "10",
        default_queue_policy: {
          // REJECT is the enum's first value, which is left out
          default_timeout_microseconds: "30000000",
          allow_timeout_override: true,
          max_queue_size: 1024,
        },
      },
    });
    const lengths = encoder.model_warmup!.map(({ inputs }) =>
      Object.values(inputs).map(({ dims }) => dims[0]),
    );
    expect(lengths.map(([length]) => Number(length))).toEqual([16, 32, 64, 96, 128, 192, 256, 384, 512]);
    expect(encoder.optimization).toBeUndefined();
  });

  test("runs on a CPU with so many threads", async () => {
    const { "bert-encoder": encoder } = await configsOf(tiny, { device: "cpu", threads: 3 });
    expect(encoder.instance_group).toEqual([{ kind: "KIND_CPU", count: 1 }]);
    expect(encoder.parameters).toEqual({ intra_op_thread_count: { string_value: "3" } });
  });

  test("has TensorRT build engines for every shape that comes", async () => {
    const { "bert-encoder": encoder, "bert-masked-lm": words } = await configsOf(starter, { tensorrt: true });
    expect(words.optimization).toBeUndefined();
    expect(encoder.dynamic_batching).toMatchObject({ preferred_batch_size: [32, 64] });
    expect(encoder.optimization).toEqual({
      execution_accelerators: {
        gpu_execution_accelerator: [
          {
            name: "tensorrt",
            parameters: expect.objectContaining({
              precision_mode: "FP16",
              trt_profile_min_shapes: "input_ids:1x1,token_type_ids:1x1,attention_mask:1x1",
              trt_profile_opt_shapes: "input_ids:32x128,token_type_ids:32x128,attention_mask:32x128",
              trt_profile_max_shapes: "input_ids:64x512,token_type_ids:64x512,attention_mask:64x512",
            }) as object,
          },
        ],
      },
    });
  });
});

test.each<[Precision, number]>([
  ["fp32", 1e-4],
  ["fp16", 0.02],
  ["int8", 1.5],
  ["int4", 1.5],
])("in %s both models give what our own session gives", async (precision, most) => {
  const to = fresh();
  await exportTriton(await openFolder(starter), to, { name: "bert", precision });
  await using bert = await load(starter, { threads: 1 });
  const { ids: row } = bert.tokenizer.encode("Paris is the [MASK] of France.");
  const inputs = {
    input_ids: [[...row]],
    token_type_ids: [[...row].map(() => 0)],
    attention_mask: [[...row].map(() => 1)],
  };
  const place = [...row].indexOf(bert.tokenizer.specials.mask!);
  const encoder = await runFile(path.join(to, "bert-encoder/1/model.onnx"), inputs);
  const { "hidden.6": hidden, sentiment, entities } = encoder.outputs;
  const words = await runFile(path.join(to, "bert-masked-lm/1/model.onnx"), {
    masked_positions: [[place]],
    last_hidden_state: hidden,
  });
  const dims = [1, row.length];
  const exact = await bert.session.run(
    {
      input_ids: { type: "int32", dims, data: Int32Array.from(row) },
      token_type_ids: { type: "int32", dims, data: new Int32Array(row.length) },
      attention_mask: { type: "float32", dims, data: new Float32Array(row.length).fill(1) },
      masked_positions: { type: "int32", dims: [1, 1], data: Int32Array.of(place) },
    },
    ["sentiment", "entities", "masked-lm"],
  );
  const found: typeof words.outputs = { sentiment, entities, ...words.outputs };
  for (const name of ["sentiment", "entities", "masked-lm"]) {
    const off = found[name].data.map((x, i) => Math.abs(x - exact[name].data[i]));
    expect(Math.max(...off), name).toBeLessThan(most);
  }
  const [first] = found["masked-lm.ids"].data; // in few bits another word may be as good: it is the best of these logits
  expect(found["masked-lm"].data[first]).toBe(Math.max(...found["masked-lm"].data));
});

test("weights beside the model are found there", async () => {
  const to = fresh();
  await exportTriton(await openFolder(tiny), to, { name: "bert", inlineLimit: 0 });
  expect(readdirSync(path.join(to, "bert-encoder/1")).sort()).toEqual(["model.onnx", "model.onnx_data"]);
  const inputs = { input_ids: [[2, 5, 3]], token_type_ids: [[0, 0, 0]], attention_mask: [[1, 1, 1]] };
  expect(
    (await runFile(path.join(to, "bert-encoder/1/model.onnx"), inputs)).outputs["next-sentence"].dims,
  ).toEqual([1, 2]);
});

test("a model without masked words is an ensemble of one, which takes no places of masks", async () => {
  const plan = planTriton(await openFolder(fixturePath("checkpoints/regression")), { name: "stars" });
  expect(plan.models).toEqual(["stars-encoder"]);
  const text = Buffer.concat(
    [...plan.parts.get("stars/config.pbtxt")!].map((part) => part as Uint8Array),
  ).toString();
  expect(text).not.toContain("masked_positions");
});

test("a head that has the encoder's name, and waiting that is no time, are refused", async () => {
  const folder = await openFolder(tiny);
  const plugins = folder.plugins.map((plugin) =>
    plugin.kind === "masked-lm" ? { ...plugin, name: "encoder" } : plugin,
  );
  expect(() => planTriton({ ...folder, plugins }, { name: "bert" })).toThrow(
    expect.objectContaining({ code: "unsupported", message: expect.stringContaining("encoder") as string }),
  );
  for (const delayMs of [Number.NaN, -1])
    expect(() => planTriton(folder, { name: "bert", delayMs })).toThrow(
      expect.objectContaining({ code: "invalid-option", field: "delayMs" }),
    );
});

describe("cloze export --triton", () => {
  test("writes a repository, and adds another model to it", async () => {
    const out = fresh();
    const argv = ["export", "--triton", "--model", tiny, "--device", "cpu", "--out", out, "--json"];
    const result = await cloze([...argv, "--name", "one"]);
    expect(result.err).toBe("");
    expect(result.json()).toEqual([
      {
        out,
        name: "one",
        models: ["one-encoder", "one-masked-lm"],
        outputs: expect.arrayContaining(["masked-lm.ids", "next-sentence"]) as string[],
        precision: "fp32",
        bytes: expect.any(Number) as number,
      },
    ]);
    expect((await cloze([...argv, "--name", "two"])).code).toBe(0);
    expect(readdirSync(out).sort()).toEqual([
      "one",
      "one-encoder",
      "one-masked-lm",
      "two",
      "two-encoder",
      "two-masked-lm",
    ]);
    expect(readFileSync(path.join(out, "two/1/ensemble.txt"), "utf8")).toBe("two-encoder\ntwo-masked-lm\n");
    const again = await cloze([...argv, "--name", "one"]);
    expect([again.code, again.json()]).toEqual([
      2,
      [
        {
          error: {
            code: "invalid-option",
            message: `${out}/one is there already: give another folder or name.`,
          },
        },
      ],
    ]);
  });

  test("says what it would write", async () => {
    const out = fresh();
    const { out: said } = await cloze([
      "export",
      "--triton",
      "--precision",
      "fp16",
      "--dry-run",
      "--out",
      out,
    ]);
    expect(said).toMatch(
      /an ensemble of cloze-starter-encoder and cloze-starter-masked-lm, fp16, .* \(nothing was written\)/,
    );
    expect(() => readdirSync(out)).toThrow("ENOENT");
  });

  test.each([
    [["--triton", "--onnx"], "Say what is written: --onnx, --triton or --training."],
    [["--triton", "--plugin", "sentiment"], "--plugin does not go with --triton: leave it out."],
    [["--triton", "--verify"], "--verify does not go with --triton: leave it out."],
    [["--onnx", "--max-batch", "8"], "--max-batch does not go with --onnx: leave it out."],
    [["--triton", "--name", "../a"], 'name should be of letters, digits, _ . and -, but is "../a".'],
    [["--triton", "--device", "cpu", "--tensorrt"], "TensorRT runs on GPUs: leave it out, or the device."],
  ])("%s: %s", async (argv, message) => {
    const { code, err } = await cloze(["export", ...argv, "--out", fresh()]);
    expect([code, err]).toEqual([2, `${message}\n`]);
  });
});
