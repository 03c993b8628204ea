import { describe, expect, it } from "vitest";
import { context, question, refusal, useStand } from "./stand.ts";

const stand = useStand();

describe("a request that is wrong", () => {
  type Case = [what: string, path: string, body: unknown, field: string | undefined, detail: string];
  const unprocessable: Case[] = [
    ["a list", "/v1/classify", [], undefined, "The body should be an object, but is a list."],
    ["null", "/v1/classify", "null", undefined, "The body should be an object, but is null."],
    ["nothing in it", "/v1/classify", {}, "text", "text should be a text, but is missing."],
    ["a number for a text", "/v1/classify", { text: 1 }, "text", "text should be a text, but is 1."],
    ["null for a text", "/v1/classify", { text: null }, "text", "text should be a text, but is null."],
    [
      "a list for a pair",
      "/v1/classify",
      { text: "", pair: [] },
      "pair",
      "pair should be a text, but is a list.",
    ],
    [
      "an unknown key",
      "/v1/classify",
      { text: "", colour: 1 },
      "colour",
      "The body takes text, pair, plugin, top, function, but not colour.",
    ],
    [
      "__proto__",
      "/v1/classify",
      `{"text":"","__proto__":{"top":1}}`,
      "__proto__",
      "The body takes text, pair, plugin, top, function, but not __proto__.",
    ],
    [
      "text beside inputs",
      "/v1/classify",
      { inputs: [], text: "" },
      "text",
      "The body takes inputs, plugin, top, function, but not text.",
    ],
    [
      "inputs that are no list",
      "/v1/classify",
      { inputs: "a" },
      "inputs",
      "inputs should be a list of at most 64, but is a text.",
    ],
    [
      "a wrong item",
      "/v1/classify",
      { inputs: [{ text: "" }, "b"] },
      "inputs[1]",
      "inputs[1] should be an object, but is a text.",
    ],
    [
      "a wrong text in an item",
      "/v1/classify",
      { inputs: [{ text: "" }, { text: {} }] },
      "inputs[1].text",
      "inputs[1].text should be a text, but is an object.",
    ],
    [
      "an unknown key in an item",
      "/v1/classify",
      { inputs: [{ text: "", top: 1 }] },
      "inputs[0].top",
      "inputs[0] takes text, pair, but not top.",
    ],
    [
      "too many inputs",
      "/v1/classify",
      { inputs: Array.from({ length: 65 }, () => ({ text: "" })) },
      "inputs",
      "inputs should have at most 64 items.",
    ],
    [
      "top of 0",
      "/v1/classify",
      { text: "", top: 0 },
      "top",
      "top should be a whole number from 1 up, but is 0.",
    ],
    [
      "top of 1.5",
      "/v1/classify",
      { text: "", top: 1.5 },
      "top",
      "top should be a whole number from 1 up, but is 1.5.",
    ],
    [
      "a plugin of another kind",
      "/v1/classify",
      { text: "", plugin: "answers" },
      "plugin",
      "The plugin answers is not of kind sequence or multi-label or regression; these are: sentiment.",
    ],
    [
      "a plugin of another task",
      "/v1/answer",
      { question, context, plugin: "entities" },
      "plugin",
      "The plugin entities is not of kind span; these are: answers.",
    ],
    ["no context", "/v1/answer", { question }, "context", "context should be a text, but is missing."],
    [
      "a weight beyond all measure",
      "/v1/embed",
      { text: "", layers: [-1], weights: [1e300] },
      "weights[0]",
      "weights[0] should be a number from -1000000 to 1000000, but is 1e+300.",
    ],
    [
      "a threshold that is infinite",
      "/v1/answer",
      `{"question":"","context":"","threshold":1e999}`,
      "threshold",
      "threshold should be a number, but is Infinity.",
    ],
    [
      "a window beyond the positions",
      "/v1/answer",
      { question, context, maxLength: 513 },
      "maxLength",
      "maxLength should be a whole number from 4 to 512, but is 513.",
    ],
    [
      "an overlap without a step",
      "/v1/answer",
      { question, context, overlap: 500 },
      "overlap",
      expect.stringContaining("leaves no step"),
    ],
    [
      "an aggregation that there is not",
      "/v1/tag",
      { text: "", aggregation: "last" },
      "aggregation",
      `aggregation should be "none", "simple", "first", "average" or "max", but is a text.`,
    ],
    [
      "a plugin that does not tag",
      "/v1/tag",
      { text: "", plugin: "sentiment" },
      "plugin",
      "The plugin sentiment is not of kind token; these are: entities.",
    ],
    [
      "more layers than there are",
      "/v1/embed",
      { text: "", layers: Array(10_000).fill(-1) },
      "layers",
      "layers should have at most 7 layers.",
    ],
    [
      "more weights than there are layers",
      "/v1/embed",
      { text: "", weights: Array(8).fill(1) },
      "weights",
      "weights should have at most 7 numbers.",
    ],
    [
      "too many choices",
      "/v1/choose",
      { context: "", choices: Array(65).fill("a") },
      "choices",
      "choices should have at most 64 texts.",
    ],
    [
      "too many targets",
      "/v1/fill",
      { text: "[MASK]", targets: Array(65).fill("a") },
      "targets",
      "targets should have at most 64 words.",
    ],
    ...[{ joint: true, beams: 32 }, { targets: ["door"] }].map((options): Case => [
      `too many masks for ${Object.keys(options)[0]}`,
      "/v1/fill",
      { text: "a [MASK] ".repeat(33), ...options },
      undefined,
      "With targets or joint no more than 32 masks are filled at once, and there are 33: send fewer.",
    ]),
    [
      "unknown offsets",
      "/v1/tokenize",
      { text: "", offsetEncoding: "utf-8" },
      "offsetEncoding",
      `offsetEncoding should be "utf-16" or "utf-32", but is a text.`,
    ],
  ];
  it.each(unprocessable)("by %s is refused with the field", async (_, path, body, field, detail) => {
    expect(refusal(await stand.worker.post(path, body))).toEqual([422, expect.any(String), field, detail]);
  });

  it("by more work than a request may make is refused before it is run, and so is each part of a list", async () => {
    const before = stand.server.session.runs.length;
    const targets = Array.from({ length: 64 }, (_, i) => `${"zq".repeat(30)}${i}`);
    const word = { text: "[MASK]", targets, pieces: true };
    expect((await stand.worker.post("/v1/fill", word)).body).toMatchObject({
      code: "invalid-input",
      detail: expect.stringContaining("More than 1024 rows") as string,
    });
    const inputs = [1, 2, 3].map(() => ({ text: "a [MASK] ".repeat(20) }));
    const { body } = await stand.worker.post("/v1/fill", { inputs, joint: true, beams: 32 });
    const refused = { error: { message: expect.stringContaining("More than 341 rows") as string } };
    expect(body.results).toMatchObject([refused, refused, refused]);
    expect(stand.server.session.runs).toHaveLength(before);
  });

  it.each([
    ["broken JSON", "{"],
    ["no body", ""],
    ["deep nesting", "[".repeat(200_000)],
  ])("by %s is malformed", async (_, body) => {
    expect(refusal(await stand.worker.post("/v1/classify", body))).toEqual([
      400,
      "malformed",
      undefined,
      expect.stringContaining("not JSON"),
    ]);
  });

  it("by bytes that are not UTF-8 is malformed", async () => {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: Uint8Array.of(0x22, 0xff, 0x22),
    };
    expect((await stand.worker.send("/v1/classify", init)).status).toBe(400);
  });

  it("by its media type is refused", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/json; charset=latin1",
    ])
      expect((await stand.worker.post("/v1/classify", { text: "" }, { "content-type": type })).status).toBe(
        415,
      );
    for (const type of ["application/json; charset=UTF-8", "Application/JSON"])
      expect((await stand.worker.post("/v1/classify", { text: "" }, { "content-type": type })).status).toBe(
        200,
      );
  });

  it("by its route or its plugin finds nothing", async () => {
    expect(refusal(await stand.worker.post("/v1/nothing", {}))).toEqual([
      404,
      "not-found",
      undefined,
      "There is no route /v1/nothing: GET /openapi.json lists those there are.",
    ]);
    expect(refusal(await stand.worker.post("/v1/classify", { text: "", plugin: "moods" }))).toEqual([
      404,
      "not-found",
      "plugin",
      "There is no plugin named moods; for this task there are: sentiment.",
    ]);
  });

  it("by its method is told which to use", async () => {
    const wrong = await stand.worker.send("/v1/classify");
    expect([wrong.status, wrong.headers.get("allow"), wrong.body.code]).toEqual([
      405,
      "POST",
      "method-not-allowed",
    ]);
    expect((await stand.worker.post("/healthz", {})).headers.get("allow")).toBe("GET, HEAD");
  });

  it("is answered with a problem that names the request", async () => {
    const { headers, body } = await stand.worker.post("/v1/classify", {}, { "x-request-id": "my-id.1" });
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toEqual({
      type: "about:blank",
      title: "Unprocessable Content",
      status: 422,
      code: "invalid-input",
      detail: "text should be a text, but is missing.",
      field: "text",
      requestId: "my-id.1",
    });
  });
});
