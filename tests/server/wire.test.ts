/**
 * Whatever arrives at a real server is answered or refused by a 4xx, and the server lives: requests that were right
 * before bytes, numbers, names or headers of theirs were changed. `CLOZE_LONG=1` asks 10,000 times in place of 500.
 */
import { encodeRequest, HEADER_LENGTH } from "../../packages/runtime/src/remote/wire.ts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fixturePath } from "../reference/fixtures.ts";
import { infer, inferBody, startServerProcess } from "./server-process.ts";
import type { ServerProcess } from "./server-process.ts";

const numRuns = process.env.CLOZE_LONG ? 10_000 : 500;
const timeout = 600_000;
let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess(["--model", fixturePath("checkpoints/no-prefix")]);
});
afterAll(() => server[Symbol.asyncDispose]());

const dims = [2, 3];
const { body: binary, headerLength = 0 } = encodeRequest(
  {
    input_ids: { type: "int32", dims, data: Int32Array.of(2, 5, 3, 2, 6, 3) },
    attention_mask: { type: "float32", dims, data: new Float32Array(6).fill(1) },
    token_type_ids: { type: "int32", dims, data: new Int32Array(6) },
  },
  ["mean.0"],
);

async function ask(body: BodyInit, headers: Record<string, string>): Promise<number> {
  const url = `${server.url}/v2/models/no-prefix/infer`;
  const response = await fetch(url, { method: "POST", body, headers });
  await response.arrayBuffer();
  return response.status;
}

const refusedOrAnswered = (status: number): void =>
  expect(status === 200 || (status >= 400 && status < 500), `status ${status}`).toBe(true);

const change = fc.tuple(fc.nat(binary.length - 1), fc.nat(255));

test("changed bytes, cut bodies and header lengths that are wrong", { timeout }, async () => {
  expect(await ask(binary, { [HEADER_LENGTH]: String(headerLength) })).toBe(200);
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 12 }),
      fc.option(fc.nat(binary.length)),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant(String(headerLength)) },
        fc.integer({ min: -5, max: 2000 }).map(String),
        fc.constantFrom("", "1e3", "0x10", "99999999999999999999", "NaN"),
      ),
      async (changes, cut, length) => {
        const body = binary.slice(0, cut ?? binary.length);
        for (const [at, value] of changes) if (at < body.length) body[at] = value;
        refusedOrAnswered(await ask(body, { [HEADER_LENGTH]: length }));
      },
    ),
    { numRuns },
  );
});

const odd = fc.oneof(
  fc.constantFrom(null, true, "", "__proto__", "constructor", [], {}, -1, 0.5, 1e300, 2 ** 53, "NaN"),
  fc.jsonValue(),
);

test("JSON with other values in its places", { timeout }, async () => {
  const places = ["inputs", "outputs", "parameters", "id", "name", "datatype", "shape", "data"];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...places), fc.nat(3), odd), { minLength: 1, maxLength: 3 }),
      async (changes) => {
        const json = JSON.parse(inferBody({ outputs: [{ name: "mean.0" }] })) as Record<string, unknown> & {
          inputs: Record<string, unknown>[];
        };
        const { inputs } = json;
        for (const [place, at, value] of changes)
          if (["name", "datatype", "shape", "data"].includes(place) && inputs[at]) inputs[at][place] = value;
          else json[place] = value;
        refusedOrAnswered(await ask(JSON.stringify(json), {}));
      },
    ),
    { numRuns },
  );
});

test("paths, methods and encodings that there are not", { timeout }, async () => {
  const piece = fc.constantFrom(
    "v2",
    "models",
    "no-prefix",
    "versions",
    "1",
    "infer",
    "..",
    "%00",
    "%ff",
    "ü",
    "",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 7 }),
      fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH"),
      fc.constantFrom("identity", "gzip", "deflate", "br", "gzip, gzip"),
      async (pieces, method, encoding) => {
        const response = await fetch(`${server.url}/${pieces.join("/")}`, {
          method,
          ...(method !== "GET" && { body: "{", headers: { "content-encoding": encoding } }),
        });
        await response.arrayBuffer();
        refusedOrAnswered(response.status);
      },
    ),
    { numRuns },
  );
});

test("and the server lives, with nothing to report", async () => {
  expect((await infer(server.url, "no-prefix")).status).toBe(200);
  server.child.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0, err: "" });
});
