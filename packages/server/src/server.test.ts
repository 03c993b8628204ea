import { Predictor, presets, Tokenizer, Vocabulary } from "@cloze/core";
import type { Feeds } from "@cloze/core";
import { RemoteSession } from "@cloze/runtime/remote";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeSession } from "./fake-session.ts";
import { startServer } from "./index.ts";
import type { RunningServer } from "./index.ts";

const config = { ...presets.tiny, vocabularySize: 100, maxPositions: 64 };
const session = new FakeSession();
const errors: unknown[] = [];
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({
    session,
    config,
    model: "tiny",
    maxTokens: 128,
    onError: (error) => errors.push(error),
  });
});
afterAll(() => server.close());

const get = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(server.url + path, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
};
const tensor = (name: string, data: number[], shape = [1, data.length]) => ({
  name,
  datatype: "INT64",
  shape,
  data,
});
const inputs = (ids: number[], segments = ids.map(() => 0), mask = ids.map(() => 1), shape?: number[]) => [
  tensor("input_ids", ids, shape),
  tensor("token_type_ids", segments, shape),
  tensor("attention_mask", mask, shape),
];
const infer = (body: object | string, path = "/v2/models/tiny/infer") =>
  get(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });

/** A client that sends the beginning of a request, and no more. */
const stall = async ({ port }: RunningServer): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}); // the server may cut it off
  socket.write("POST /v2/models/tiny/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  await new Promise((done) => setTimeout(done, 50));
  return socket;
};

describe("the server", () => {
  it("says what it is, that it is well, and what it serves", async () => {
    expect((await get("/v2")).body).toMatchObject({
      name: "cloze",
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      extensions: [
        "binary_tensor_data",
        "model_configuration",
        "model_repository",
        "schedule_policy",
        "statistics",
      ],
    });
    expect((await get("/v2/health/live")).body).toEqual({ live: true });
    expect((await get("/v2/health/ready")).body).toEqual({ ready: true });
    for (const path of ["/v2/models/tiny", "/v2/models/tiny/versions/1"]) {
      expect((await get(path)).body).toEqual({
        name: "tiny",
        versions: ["1"],
        platform: "cloze",
        inputs: ["input_ids", "attention_mask", "token_type_ids", "masked_positions"].map((name) => ({
          name,
          datatype: "INT64",
          shape: [-1, -1],
        })),
        outputs: [
          { name: "label", datatype: "FP32", shape: [-1, 2] },
          { name: "tokens", datatype: "FP32", shape: [-1, -1, 2] },
          { name: "masks", datatype: "FP32", shape: [-1, -1] },
        ],
      });
      expect((await get(`${path}/ready`)).body).toEqual({ name: "tiny", ready: true });
    }
  });

  it("sends only the outputs asked for, all where none is named, in JSON for those who ask so", async () => {
    const one = await infer({ id: "x", inputs: inputs([5, 6]), outputs: [{ name: "label" }] });
    expect(one.status).toBe(200);
    expect(one.body).toEqual({
      model_name: "tiny",
      model_version: "1",
      id: "x",
      outputs: [{ name: "label", datatype: "FP32", shape: [1, 2], data: [11, 2] }],
    });
    expect(one.headers.get("server-timing")).toMatch(/^queue;dur=[\d.]+, inference;dur=[\d.]+$/);
    const all = await infer({ inputs: inputs([5, 6]) }, "/v2/models/tiny/versions/1/infer");
    expect(all.body.outputs.map(({ name }: { name: string }) => name)).toEqual(["label", "tokens"]);
    expect(all.body.outputs[1]).toMatchObject({ shape: [1, 2, 2], data: [5, 0, 6, 0] });
  });

  it.each([
    ["an id beyond the vocabulary", { inputs: inputs([100]) }, "input_ids should be 0 to 99, but has 100."],
    ["a negative id", { inputs: inputs([-1]) }, "input_ids should be 0 to 99, but has -1."],
    ["a third segment", { inputs: inputs([1], [2]) }, "token_type_ids should be 0 to 1, but has 2."],
    [
      "a mask that is not 0 or 1",
      { inputs: inputs([1], [0], [2]) },
      "attention_mask should be 0 to 1, but has 2.",
    ],
    [
      "a row that is masked all over",
      { inputs: inputs([1, 2, 3, 4], [0, 0, 0, 0], [1, 0, 0, 0], [2, 2]) },
      "Row 1 of attention_mask has no 1: let the model read some token.",
    ],
    [
      "too many tokens",
      { inputs: inputs(Array(65).fill(1)) },
      "A row of 65 tokens is too long: this model has 64 positions.",
    ],
    [
      "too many rows",
      { inputs: inputs(Array(192).fill(1), Array(192).fill(0), Array(192).fill(1), [3, 64]) },
      "A request may have 2 rows of 64 tokens, but this one has 3: send several.",
    ],
    [
      "no rows",
      { inputs: inputs([], [], [], [0, 4]) },
      "input_ids should be [batch, length], but is [0, 4].",
    ],
    [
      "one dimension",
      { inputs: inputs([1], [0], [1], [1]) },
      "input_ids should be [batch, length], but is [1].",
    ],
    [
      "shapes that differ",
      { inputs: [...inputs([1, 2]).slice(0, 2), tensor("attention_mask", [1])] },
      "attention_mask should be of input_ids' shape [1, 2], but is [1, 1].",
    ],
    ["a missing input", { inputs: inputs([1]).slice(0, 2) }, "The input attention_mask is missing."],
    [
      "an input that it does not know",
      { inputs: [...inputs([1]), tensor("x", [1])] },
      "There is no input named x: this model takes input_ids, attention_mask, token_type_ids, masked_positions.",
    ],
    [
      "another datatype",
      { inputs: inputs([1]).map((one) => ({ ...one, datatype: "INT32" })) },
      "The input input_ids should be INT64, but is INT32.",
    ],
    [
      "an output that it does not have",
      { inputs: inputs([1]), outputs: [{ name: "y" }] },
      "There is no output named y: this model has label, tokens, masks.",
    ],
    ["no JSON", "{", "Not a message of the Open Inference Protocol: the header is not JSON."],
  ])("refuses %s", async (_, body, error) => {
    expect(await infer(body)).toMatchObject({ status: 400, body: { error } });
  });

  it("knows its routes, its model and its version", async () => {
    expect(await get("/v3")).toMatchObject({
      status: 404,
      body: { error: "There is no route /v3; see GET /v2." },
    });
    expect(await get("/v2/models/other")).toMatchObject({ status: 404 });
    expect(await infer({}, "/v2/models/tiny/versions/2/infer")).toMatchObject({ status: 404 });
    const wrong = await get("/v2/models/tiny/infer");
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await infer({}, "/v2/health/live")).headers.get("allow")).toBe("GET, HEAD");
    expect(await infer(" ".repeat(17 * 2 ** 20))).toMatchObject({ status: 413 });
  });

  it("keeps what went wrong inside to itself, and tells its owner", async () => {
    session.gate = () => Promise.reject(new Error("secret path"));
    const { status, body } = await infer({ inputs: inputs([1]) });
    session.gate = async () => {};
    expect([status, body]).toEqual([500, { error: "The model failed; the server's log says more." }]);
    expect(errors.map(String)).toEqual(["Error: secret path"]);
  });

  it("takes a client that breaks off in the middle of its request for no failure of its own", async () => {
    const before = errors.length;
    (await stall(server)).destroy();
    await new Promise((done) => setTimeout(done, 100));
    expect(errors.slice(before)).toEqual([]);
    expect(await infer({ inputs: inputs([1]) })).toMatchObject({ status: 200 });
  });

  it.each([150_500, 0])("takes a deadline of %d microseconds", async (timeout) => {
    expect(await infer({ inputs: inputs([1]), parameters: { timeout } })).toMatchObject({ status: 200 });
  });

  it("answers its own client, a whole task at a time", async () => {
    const pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "warm", "film"];
    const plugin = {
      name: "label",
      version: "1",
      title: "",
      kind: "sequence",
      labels: ["sum", "count"],
    } as const;
    await using predictor = new Predictor({
      tokenizer: new Tokenizer(Vocabulary.of(pieces)),
      session: new RemoteSession({ url: server.url, model: "tiny", maxLength: 64 }),
      config,
      plugins: [{ ...plugin, scope: "", features: "pooler", examples: [], metrics: {} }],
    });
    const [a, b] = await predictor.classify(["a warm film", "film"], { function: "none" });
    expect(a).toEqual({ label: "sum", score: 23, scores: { sum: 23, count: 5 } }); // [CLS] a warm film [SEP]
    expect(b).toEqual({ label: "sum", score: 12, scores: { sum: 12, count: 3 } });
  });

  it("gives what is said of masked words, and wants to be told where they are", async () => {
    const positions = { ...tensor("masked_positions", [2, 0]), shape: [1, 2] };
    const asked = { inputs: [...inputs([5, 4, 6]), positions], outputs: [{ name: "masks" }] };
    expect((await infer(asked)).body).toMatchObject({
      outputs: [{ name: "masks", shape: [1, 2], data: [2, 0] }],
    });
    expect(await infer({ ...asked, inputs: inputs([5, 4, 6]) })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("send their places as masked_positions") as string },
    });
    const outside = tensor("masked_positions", [3]);
    expect(await infer({ ...asked, inputs: [...inputs([5, 4, 6]), outside] })).toMatchObject({
      status: 400,
      body: { error: "masked_positions should be 0 to 2, but has 3." },
    });
    const all = (await infer({ inputs: inputs([5, 4, 6]) })).body as { outputs: { name: string }[] };
    expect(all.outputs.map(({ name }) => name)).toEqual(["label", "tokens"]);
  });

  it("drops the request of a client that left", async () => {
    const release = session.hold();
    const before = session.runs.length;
    const running = infer({ inputs: inputs([1]) });
    await expect.poll(() => session.runs.length).toBe(before + 1);
    const leaving = new AbortController();
    const body = JSON.stringify({ inputs: inputs([2]) });
    const left = fetch(`${server.url}/v2/models/tiny/infer`, {
      method: "POST",
      body,
      signal: leaving.signal,
    });
    await new Promise((done) => setTimeout(done, 50));
    leaving.abort();
    await expect(left).rejects.toThrow("aborted");
    await new Promise((done) => setTimeout(done, 50));
    release();
    expect((await running).status).toBe(200);
    await infer({ inputs: inputs([3]) });
    expect(session.runs).toHaveLength(before + 2);
  });

  it("gives up where the client's deadline passed, and the client says so", async () => {
    const release = session.hold();
    const late = await infer({ inputs: inputs([1]), parameters: { timeout: 20_000 } });
    const remote = new RemoteSession({ url: server.url, model: "tiny", timeoutMs: 20 });
    const dims = [1, 1];
    const feeds = {
      input_ids: { type: "int32", dims, data: Int32Array.of(1) },
      token_type_ids: { type: "int32", dims, data: Int32Array.of(0) },
      attention_mask: { type: "float32", dims, data: Float32Array.of(1) },
    } as const;
    await expect(remote.run(feeds, ["label"])).rejects.toMatchObject({ code: "timeout" });
    release();
    expect(late).toMatchObject({ status: 504 });
  });
});

describe("a model whose answers are large", () => {
  /** 32 MiB a row, of which an answer may have two. */
  class WideSession extends FakeSession {
    override readonly outputs = ["label"];
    override async run(feeds: Feeds, outputs: readonly string[]) {
      const [rows] = (await super.run(feeds, outputs)).label.dims;
      return {
        label: { type: "float32", dims: [rows, 2 ** 23], data: new Float32Array(rows * 2 ** 23) },
      } as const;
    }
  }

  it("is not run for one that would be too large, nor fed with what it does not take", async () => {
    const wide = new WideSession();
    const own = await startServer({ session: wide, config, model: "tiny", warmUpMs: 0 });
    const post = async (tensors: object[]) => {
      const body = JSON.stringify({
        inputs: tensors,
        outputs: [{ name: "label", parameters: { binary_data: true } }],
      });
      const response = await fetch(`${own.url}/v2/models/tiny/infer`, { method: "POST", body });
      return response.ok
        ? (await response.arrayBuffer()).byteLength
        : [response.status, await response.json()];
    };
    expect(await post(inputs([1, 1], [0, 0], [1, 1], [2, 1]))).toBeGreaterThan(2 ** 26);
    const before = wide.runs.length;
    expect(await post(inputs([1, 1, 1], [0, 0, 0], [1, 1, 1], [3, 1]))).toEqual([
      400,
      {
        error:
          "An answer may have 67108864 bytes of numbers, but this one would have 100663296: send fewer rows, or ask for " +
          "fewer outputs.",
      },
    ]);
    expect(await post([...inputs([1]), tensor("masked_positions", [0])])).toEqual([
      400,
      {
        error:
          "There is no input named masked_positions: this model takes input_ids, attention_mask, token_type_ids.",
      },
    ]);
    expect(wide.runs).toHaveLength(before);
    await own.close();
  });

  it("closes though a client does not take its answer", async () => {
    const own = await startServer({ session: new WideSession(), config, model: "tiny", warmUpMs: 0 });
    const outputs = [{ name: "label", parameters: { binary_data: true } }];
    const body = JSON.stringify({ inputs: inputs([1]), outputs });
    const response = await fetch(`${own.url}/v2/models/tiny/infer`, { method: "POST", body });
    await own.close();
    await expect(response.arrayBuffer()).rejects.toThrow("terminated");
  }, 15_000);
});

describe("starting and closing", () => {
  it.each([
    ["cannot be padded", { tokensPerRun: 1 }, "reads no attention_mask"],
    ["are of one length", { paddedLength: () => 64 }, "takes rows of 64 tokens only"],
  ])("refuses a model whose rows %s", async (_, as, why) => {
    const picky = Object.assign(new FakeSession(), as);
    await expect(startServer({ session: picky, config, model: "tiny" })).rejects.toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringContaining(why) as string }),
    );
    expect(picky.runs).toEqual([]);
  });

  it("says that a port is taken", async () => {
    await expect(startServer({ session, config, model: "tiny", port: server.port })).rejects.toMatchObject({
      code: "port-in-use",
    });
  });

  it("answers what it has begun, then closes at once though connections are kept alive", async () => {
    const own = new FakeSession();
    const other = await startServer({ session: own, config, model: "tiny", warmUpMs: 0 });
    const release = own.hold();
    const body = JSON.stringify({ inputs: inputs([1]), outputs: [{ name: "label" }] });
    const running = fetch(`${other.url}/v2/models/tiny/infer`, { method: "POST", body });
    await expect.poll(() => own.runs.length).toBe(3); // the first two were the probe
    const closed = other.close();
    release();
    expect((await running).status).toBe(200);
    const start = performance.now();
    await closed;
    expect(performance.now() - start).toBeLessThan(2000);
    await expect(fetch(`${other.url}/v2`)).rejects.toThrow("fetch failed");
  });

  it("closes though a client stalls in the middle of its request, and still answers the others", async () => {
    const own = new FakeSession();
    const other = await startServer({ session: own, config, model: "tiny", warmUpMs: 0 });
    const release = own.hold();
    const body = JSON.stringify({ inputs: inputs([1]), outputs: [{ name: "label" }] });
    const running = fetch(`${other.url}/v2/models/tiny/infer`, { method: "POST", body });
    await expect.poll(() => own.runs.length).toBe(3);
    await stall(other);
    const closed = other.close();
    release();
    expect((await running).status).toBe(200);
    await closed;
  });
});
