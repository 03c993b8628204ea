import { describe, expect, it } from "vitest";
import { wireLength } from "./buckets.ts";
import { RemoteSession } from "./session.ts";
import type { RemoteOptions } from "./session.ts";
import { encodeResponse, HEADER_LENGTH } from "./wire.ts";

const dims = [1, 2];
const feeds = {
  input_ids: { type: "int32", dims, data: Int32Array.of(1, 2) },
  token_type_ids: { type: "int32", dims, data: new Int32Array(2) },
  attention_mask: { type: "float32", dims, data: Float32Array.of(1, 1) },
} as const;

function session(fetch: RemoteOptions["fetch"], options: Partial<RemoteOptions> = {}): RemoteSession {
  return new RemoteSession({ url: "http://server:1/", model: "m", ...(fetch && { fetch }), ...options });
}

function answer(data: number[], shape: number[], name = "a"): Response {
  const tensor = { type: "float32", dims: shape, data: Float32Array.from(data) } as const;
  const { body, headerLength } = encodeResponse({ name: "m", version: "1", id: undefined }, [
    { name, binary: true, tensor },
  ]);
  return new Response(body, { headers: { [HEADER_LENGTH]: String(headerLength) } });
}

/** Of a request's outputs, whether each may come as FP16. */
function askedAsHalf(header: string): boolean[] {
  return Array.from(
    header.matchAll(/"binary_data":true(,"datatype":"FP16")?/g),
    ([, half]) => half !== undefined,
  );
}

/** A server that never answers. */
const never: RemoteOptions["fetch"] = (_url, { signal }) =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

describe("a remote session", () => {
  it("posts to the model and gives the outputs asked for", async () => {
    const sent: { url: string; init: RequestInit }[] = [];
    const remote = session(
      async (url, init) => {
        sent.push({ url, init });
        return answer([0.5, 1], [1, 2]);
      },
      { headers: { "x-request-id": "r" } },
    );
    const results = await remote.run(feeds, ["a"]);
    expect(results.a).toEqual({ type: "float32", dims: [1, 2], data: Float32Array.of(0.5, 1) });
    const [{ url, init }] = sent;
    expect(url).toBe("http://server:1/v2/models/m/infer");
    expect(init).toMatchObject({ method: "POST", headers: { "x-request-id": "r" } });
  });

  it("lets hidden states come as FP16 if it may, and nothing else", async () => {
    const sent: string[] = [];
    const fetch = async (_: string, { body }: RequestInit) => {
      sent.push(new TextDecoder().decode(body as Uint8Array));
      return answer([1], [1, 1], "unasked");
    };
    const asked = ["last_hidden_state", "hidden.3", "answers"];
    for (const halfHidden of [true, false])
      await expect(session(fetch, { halfHidden }).run(feeds, asked)).rejects.toThrow(
        "left last_hidden_state out",
      );
    expect(sent.map(askedAsHalf)).toEqual([
      [true, true, false],
      [false, false, false],
    ]);
  });

  it("holds as many tokens a run as it is told", () => {
    expect([
      session(undefined).tokensPerRun,
      session(undefined, { tokensPerRun: 4096 }).tokensPerRun,
    ]).toEqual([1024, 4096]);
    expect(() => session(undefined, { tokensPerRun: 0 })).toThrow("positive whole number");
  });

  it("only reads its feeds: they can be run again", async () => {
    const bodies: unknown[] = [];
    const remote = session(async (_, { body }) => {
      bodies.push((body as Uint8Array).slice(-48)); // two tokens of three tensors, 8 bytes each
      return answer([1], [1, 1]);
    });
    await remote.run(feeds, ["a"]);
    await remote.run(feeds, ["a"]);
    expect(bodies[1]).toEqual(bodies[0]);
  });

  it("pads to few lengths, never beyond the model's positions", () => {
    expect([1, 16, 17, 97, 385, 512, 513].map((n) => wireLength(n))).toEqual([
      16, 16, 32, 128, 512, 512, 576,
    ]);
    expect(session(undefined, { maxLength: 40 }).paddedLength(33)).toBe(40);
  });

  it.each([
    ["refused connections", () => Promise.reject(new TypeError("fetch failed")), "server-unavailable"],
    ["status 503", () => Response.json({ error: "Busy." }, { status: 503 }), "server-unavailable"],
    ["status 502 of a proxy", () => new Response("bad gateway", { status: 502 }), "server-unavailable"],
    ["status 504", () => new Response("", { status: 504 }), "timeout"],
    [
      "as Triton of a deadline",
      () => Response.json({ error: "in ensemble 'm', Request timeout expired" }, { status: 503 }),
      "timeout",
    ],
    ["status 500", () => Response.json({ error: "The model failed." }, { status: 500 }), "server-error"],
    ["status 404", () => Response.json({ error: "There is no model." }, { status: 404 }), "server-error"],
    [
      "a redirect",
      () => new Response("", { status: 302, headers: { location: "http://x/" } }),
      "server-error",
    ],
    ["a page", () => new Response("<h1>Welcome</h1>"), "server-error"],
    ["no body", () => new Response(""), "server-error"],
    ["another output", () => answer([1], [1, 1], "b"), "server-error"],
    ["another number of rows", () => answer([1, 2], [2, 1]), "server-error"],
    ["numbers that are not finite", () => answer([NaN], [1, 1]), "server-error"],
  ] as const)("says for %s: %s", async (_, respond, code) => {
    const error = await session(async () => respond())
      .run(feeds, ["a"])
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ClozeError", code });
  });

  it.each([Infinity, 5e9])("takes a timeout of %d ms for a very long one", async (timeoutMs) => {
    const results = await session(async () => answer([1], [1, 1]), { timeoutMs }).run(feeds, ["a"]);
    expect(results.a.data).toEqual(Float32Array.of(1));
  });

  it("gives up at its deadline", async () => {
    await expect(session(never, { timeoutMs: 5 }).run(feeds, ["a"])).rejects.toMatchObject({
      code: "timeout",
    });
  });

  it("has one deadline for all its runs, if it is given one", async () => {
    const remote = session(async () => answer([1], [1, 1]), { deadline: Date.now() + 50 });
    await remote.run(feeds, ["a"]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await expect(remote.run(feeds, ["a"])).rejects.toMatchObject({ code: "timeout" });
  });

  it("gives up when its caller does", async () => {
    const controller = new AbortController();
    const run = session(never).run(feeds, ["a"], { signal: controller.signal });
    controller.abort();
    await expect(run).rejects.toMatchObject({ code: "aborted" });
  });

  it("refuses an output that is not there, an address that is none, and work after its end", async () => {
    await expect(session(never, { outputs: ["b"] }).run(feeds, ["a"])).rejects.toMatchObject({
      code: "invalid-option",
    });
    expect(() => session(never, { url: "server:9000" })).toThrow("http://host:port");
    const remote = session(never);
    await remote[Symbol.asyncDispose]();
    await expect(remote.run(feeds, ["a"])).rejects.toMatchObject({ code: "disposed" });
  });
});
