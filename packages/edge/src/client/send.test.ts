import { describe, expect, it } from "vitest";
import { createClient } from "./index.ts";
import type { ClientOptions } from "./index.ts";

/** A client, and the requests that it sends. */
function setUp(options: Partial<ClientOptions> = {}, answer = () => Response.json({ results: [{}, {}] })) {
  const sent: Request[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    sent.push(new Request(url, init));
    await new Promise((resolve) => setTimeout(resolve, 5));
    init.signal?.throwIfAborted();
    return answer();
  };
  return { client: createClient({ url: "http://a", fetch, ...options }), sent };
}

describe("a client", () => {
  it("sends a header once, however its name is written", async () => {
    const { client, sent } = setUp({
      key: "secret",
      headers: { "Content-Type": "application/json", Authorization: "Bearer other", "X-Own": "1" },
    });
    await client.classify(["a", "b"]);
    const { headers } = sent[0];
    expect(["content-type", "authorization", "x-own"].map((name) => headers.get(name))).toEqual([
      "application/json",
      "Bearer secret",
      "1",
    ]);
  });

  it.each([Infinity, 2 ** 31])("waits for %d ms, or nearly, and not for none", async (timeoutMs) => {
    const { client, sent } = setUp({ timeoutMs });
    expect(await client.classify(["a", "b"])).toHaveLength(2);
    expect(sent[0].headers.get("x-request-timeout")).toBe("2147483647");
  });

  it.each([0, -1, 0.5, Number.NaN])("with parts of %d inputs sends them one by one", async (batch) => {
    const { client, sent } = setUp({ batch }, () => Response.json({ results: [{}] }));
    const failsafe = AbortSignal.timeout(1000);
    expect(await client.classify(["a", "b"], { signal: failsafe })).toHaveLength(2);
    expect(sent).toHaveLength(2);
  });

  it.each([
    ["7", 7],
    ["Wed, 21 Oct 2037 07:28:00 GMT", undefined],
  ])("says how many seconds to wait where %s does", async (wait, seconds) => {
    const { client } = setUp({}, () => Response.json({}, { status: 503, headers: { "retry-after": wait } }));
    const error = await client.classify("a").catch((cause: unknown) => cause);
    expect(error).toHaveProperty("code", "server-error");
    expect((error as { retryAfter?: number }).retryAfter).toBe(seconds);
  });
});
