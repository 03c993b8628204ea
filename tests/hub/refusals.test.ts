/**
 * What the hub refuses, and what is never asked of it: each one sentence that says what to do.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkpoint, NAME, small, Stand } from "./stand.ts";

let stand: Stand;
beforeEach(async () => void (stand = await Stand.open()));
afterEach(() => stand[Symbol.asyncDispose]());

describe("a model that is not open to everyone", () => {
  test("gated: the terms are to be accepted, with a token", async () => {
    stand.hub.publish(NAME, small, { access: "gated" });
    for (const token of ["", "hf_goodButOfAnother"])
      expect(await stand.refusal(NAME, { token })).toMatchObject({
        code: "invalid-option",
        field: "token",
        message: `org/tiny-bert is gated: accept its terms at ${stand.hub.endpoint}/org/tiny-bert, and set HF_TOKEN to a token of the account that did.`,
      });
    await stand.fetch(NAME, { token: stand.hub.token });
  });

  test("private: as if it were not there, and HF_TOKEN is named", async () => {
    stand.hub.publish(NAME, small, { access: "private" });
    for (const token of ["", "hf_goodButOfAnother"])
      expect(await stand.refusal(NAME, { token })).toMatchObject({
        code: "not-found",
        message: expect.stringMatching(
          /^127\.0\.0\.1:\d+ has no model org\/tiny-bert, or it is private: .* set HF_TOKEN to a token that may read it\.$/,
        ),
      });
    await stand.fetch(NAME, { token: stand.hub.token });
  });

  test("the token goes to the hub, and never to its content network", async () => {
    stand.hub.publish(NAME, small, { access: "private" });
    await stand.fetch(NAME, { token: ` ${stand.hub.token}\n` }); // as a file or a shell has it
    const authorizations = (at: string): unknown[] => [
      ...new Set(
        stand.hub.requests.filter((request) => request.at === at).map(({ authorization }) => authorization),
      ),
    ];
    expect(authorizations("hub")).toEqual([`Bearer ${stand.hub.token}`]);
    expect(authorizations("cdn")).toEqual([undefined]);
  });

  test("a token that is none is told, for open models too", async () => {
    stand.hub.publish(NAME, small);
    expect(await stand.refusal(NAME, { token: "hf_expired" })).toMatchObject({
      code: "invalid-option",
      field: "token",
      message: expect.stringContaining("does not accept the token: set HF_TOKEN to one of"),
    });
    expect(await stand.refusal(NAME, { token: "hf_ß" })).toMatchObject({
      code: "invalid-option",
      field: "token",
    });
  });

  test("a token that has run out does not keep from what is there", async () => {
    stand.hub.publish(NAME, small);
    const folder = await stand.fetch(NAME);
    expect(await stand.fetch(NAME, { token: "hf_expired" })).toBe(folder);
  });
});

describe("what is not there", () => {
  test("a model", async () => {
    for (const token of ["", stand.hub.token])
      expect(await stand.refusal("org/nothing", { token })).toMatchObject({
        code: "not-found",
        message: expect.stringContaining("has no model org/nothing, or it is private"),
      });
  });

  test("a revision, as a name or as a commit", async () => {
    stand.hub.publish(NAME, small);
    for (const revision of ["v9", "0".repeat(40)])
      expect(await stand.refusal(NAME, { revision })).toMatchObject({
        code: "not-found",
        message: `org/tiny-bert has no revision ${revision}: its branches and tags are at ${stand.hub.endpoint}/org/tiny-bert/tree/main.`,
      });
  });

  test.each(["./x", "/x/y", "~/x", "models/x/y", "x/", "C:\\x", "model.onnx", "head.cloze"])(
    "a path: %s",
    async (name) => {
      expect(await stand.refusal(name)).toMatchObject({
        code: "not-found",
        message: `There is no model folder at ${path.resolve(name)}: nothing is there.`,
      });
      expect(stand.hub.requests).toEqual([]);
    },
  );
});

describe("what cannot be asked for", () => {
  test.each(["", "a b", "-x", "x-", "org--x", "a..b", "x.git", "ö/x", "x".repeat(97)])(
    "the name %j",
    async (name) => {
      expect(await stand.refusal(name)).toMatchObject({
        code: "invalid-option",
        message: `"${name}" is not a model's name: give org/name as the hub has it, or the path of a model folder.`,
      });
    },
  );

  test("a folder that is there is no name", async () => {
    expect(await stand.refusal(checkpoint("erf"))).toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("is a path: it is loaded as it is"),
    });
  });

  test.each(["", "/main", "a/../b", "a//b", ".hidden", "a b", "main\n", "a\\b"])(
    "the revision %j",
    async (revision) => {
      expect(await stand.refusal(NAME, { revision })).toMatchObject({
        code: "invalid-option",
        field: "revision",
      });
      expect(stand.hub.requests).toEqual([]);
    },
  );

  test.each(["hub", "ftp://hub", "https://"])("the address %s", async (endpoint) => {
    expect(await stand.refusal(NAME, { endpoint })).toMatchObject({
      code: "invalid-option",
      field: "endpoint",
    });
  });
});

test("an answer that is no hub's is told as such", async () => {
  const page = createServer((_, response) => response.end("<html>Please sign in</html>"));
  await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
  try {
    expect(await stand.refusal(NAME, { endpoint })).toMatchObject({
      code: "server-error",
      message: `${endpoint} does not answer as a hub does: see whether HF_ENDPOINT is right and what stands between.`,
    });
  } finally {
    page.close();
  }
});

test("a limit on requests is a reason to wait", async () => {
  stand.hub.down = 429;
  expect(await stand.refusal(NAME)).toMatchObject({
    code: "server-unavailable",
    message: expect.stringContaining("HTTP 429"),
  });
});
