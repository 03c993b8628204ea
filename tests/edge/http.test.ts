import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { context, question, refusal, useStand } from "./stand.ts";

const stand = useStand();

/** A body of so many bytes. */
const textOf = (bytes: number) =>
  JSON.stringify({ text: "é".repeat((bytes - 11) / 2) + "x".repeat((bytes - 11) % 2) });
const requestId = async (asked: string) =>
  (await stand.worker.send("/healthz", { headers: { "x-request-id": asked } })).headers.get("x-request-id");

describe("POST /v1/classify", () => {
  it("gives a label and its scores", async () => {
    const { status, body } = await stand.worker.post("/v1/classify", { text: "a warm , funny film" });
    expect(status).toBe(200);
    expect(body).toEqual({
      label: "positive",
      score: expect.closeTo(0.982, 3),
      scores: { positive: expect.closeTo(0.982, 3), negative: expect.closeTo(0.018, 3) },
    });
  });

  it("takes a pair, a plugin and how many labels to give", async () => {
    const { body } = await stand.worker.post("/v1/classify", {
      text: "dull",
      pair: "warm",
      plugin: "sentiment",
      top: 1,
    });
    expect(body).toEqual({
      label: "positive",
      score: expect.closeTo(0.982, 3),
      scores: { positive: body.score },
    });
  });

  it("answers a list in order, in few runs", async () => {
    const inputs = Array.from({ length: 64 }, (_, i) => ({ text: i % 3 === 0 ? "warm" : "dull ".repeat(i) }));
    const before = stand.server.session.runs.length;
    const { body } = await stand.worker.post("/v1/classify", { inputs });
    expect(body.results.map(({ score }) => score > 0.9)).toEqual(inputs.map((_, i) => i % 3 === 0));
    expect(stand.server.session.runs.length - before).toBeLessThan(8);
    expect((await stand.worker.post("/v1/classify", { inputs: [] })).body).toEqual({ results: [] });
  });

  it("says when a text was cut", async () => {
    const { body } = await stand.worker.post("/v1/classify", { text: "warm ".repeat(600) });
    expect(body).toMatchObject({ label: "positive", truncated: true });
  });

  it.each([
    ["empty text", ""],
    ["NUL bytes", "a\0warm\0"],
    ["control characters and U+FFFF", "\u0001\u007f\uffff\u2028"],
    ["all kinds of scripts", "日本語 العربية हिन्दी 👩‍👩‍👧 e\u0301"],
  ])("takes %s", async (_, text) => {
    expect(await stand.worker.post("/v1/classify", { text })).toMatchObject({
      status: 200,
      body: { label: expect.any(String) },
    });
  });

  it("takes lone surrogates, as JSON can write them", async () => {
    const { status } = await stand.worker.post(
      "/v1/classify",
      String.raw`{"text":"warm \ud800 \udc00 \ud83d"}`,
    );
    expect(status).toBe(200);
  });
});

describe("POST /v1/answer", () => {
  it("gives the answer, where it stands, and the others", async () => {
    const { status, body } = await stand.worker.post("/v1/answer", { question, context });
    expect(status).toBe(200);
    expect(body).toMatchObject({ answer: "Anton Chekhov", start: 24, end: 37, score: 12, nullScore: -10 });
    expect(body.offsetEncoding).toBe("utf-16");
    expect(body.answers[0]).toMatchObject({ text: "Anton Chekhov", start: 24, end: 37, score: 12 });
    expect(body.answers[1].score).toBe(9);
    expect(body.answers.length).toBeLessThanOrEqual(20);
  });

  it("counts in the units asked for, and says which", async () => {
    const wide = `👍👍 ${context}`;
    const utf16 = (
      await stand.worker.post("/v1/answer", { question, context: wide, offsetEncoding: "utf-16" })
    ).body;
    const utf32 = (
      await stand.worker.post("/v1/answer", { question, context: wide, offsetEncoding: "utf-32" })
    ).body;
    expect(wide.slice(utf16.start, utf16.end)).toBe("Anton Chekhov");
    expect(Array.from(wide).slice(utf32.start, utf32.end).join("")).toBe("Anton Chekhov");
    expect([utf16.start, utf32.start, utf32.answers[0].start]).toEqual([29, 27, 27]);
    expect([utf16.offsetEncoding, utf32.offsetEncoding]).toEqual(["utf-16", "utf-32"]);
  });

  it("finds an answer far down a long passage", async () => {
    const long = `${"It was a play . ".repeat(2000)}${context}`;
    const { body } = await stand.worker.post("/v1/answer", { question, context: long, top: 1 });
    expect(body).toMatchObject({ answer: "Anton Chekhov", start: long.indexOf("Anton") });
    expect(body.answers).toHaveLength(1);
  });

  it("says that there is no answer, when asked to and when there is nothing to read", async () => {
    const none = { answer: "", start: null, end: null, score: null };
    const asked = { question, context: "Nothing of that kind.", noAnswer: true, threshold: -1 };
    expect((await stand.worker.post("/v1/answer", asked)).body).toMatchObject(none);
    expect((await stand.worker.post("/v1/answer", { question, context: "" })).body).toMatchObject({
      ...none,
      answers: [],
    });
  });

  it("answers each of a list, and gives what fails its own error in its place", async () => {
    const { status, body } = await stand.worker.post("/v1/answer", {
      inputs: [
        { id: "a", question, context },
        { id: 2, question: "why ".repeat(60), context },
        { question, context: "In 1896." },
      ],
      maxLength: 32,
      overlap: 4,
      offsetEncoding: "utf-32",
    });
    expect(status).toBe(200);
    expect(body.results[0]).toMatchObject({ id: "a", answer: "Anton Chekhov" });
    expect(body.results[1]).toEqual({
      error: {
        code: "invalid-option",
        message: expect.stringContaining("places are left"),
        field: "maxLength",
      },
    });
    expect(body.results[2]).toMatchObject({ answer: "1896" });
    expect(body.offsetEncoding).toBe("utf-32");
  });
});

/** A hundred thousand bytes, most of them tokens. */
const long = `${context} ${"a ".repeat(50_000)}`;

describe("windows over a long text", () => {
  const greedy = { maxLength: 384, overlap: 370 };

  it.each([
    ["/v1/answer", { question, context: long, ...greedy }],
    ["/v1/tag", { text: long, ...greedy }],
  ])("of %s are refused before they are run, where a great overlap makes too many", async (path, body) => {
    const before = stand.server.session.runs.length;
    expect(refusal(await stand.worker.post(path, body))).toEqual([
      422,
      "invalid-input",
      undefined,
      "More than 682 windows are needed: send less text at once, or ask for a smaller overlap.", // 2^18 / 384
    ]);
    expect(stand.server.session.runs).toHaveLength(before);
  });

  it("are bounded for a list, too, where each text has its own", async () => {
    const few = { question, context: `${context} ${"a ".repeat(2000)}` }; // 286 windows: not three at once
    const inputs = [few, few, { question, context: long }, few, few];
    const { status, body } = await stand.worker.post("/v1/answer", {
      inputs,
      maxLength: 384,
      overlap: 369,
      top: 1,
    });
    expect(status).toBe(200);
    expect(body.results.map(({ answer }) => answer)).toEqual([
      "Anton Chekhov",
      "Anton Chekhov",
      undefined,
      "Anton Chekhov",
      "Anton Chekhov",
    ]);
    expect(body.results[2]).toMatchObject({ error: { code: "invalid-input" } });
  });
});

const entity = (start: number) => ({
  label: "PER",
  start,
  end: start + 13,
  text: "Anton Chekhov",
  score: expect.closeTo(0.98, 2),
});

describe("POST /v1/tag", () => {
  it("gives entities and where they stand, in the units asked for", async () => {
    const text = `👍👍 ${context}`;
    const utf16 = await stand.worker.post("/v1/tag", { text });
    expect([utf16.status, utf16.body]).toEqual([200, { entities: [entity(29)], offsetEncoding: "utf-16" }]);
    expect(text.slice(29, 42)).toBe("Anton Chekhov");
    const utf32 = await stand.worker.post("/v1/tag", { text, offsetEncoding: "utf-32" });
    expect(utf32.body).toEqual({ entities: [entity(27)], offsetEncoding: "utf-32" });
    expect(Array.from(text).slice(27, 40).join("")).toBe("Anton Chekhov");
  });

  it("takes its options, and a list", async () => {
    const { body } = await stand.worker.post("/v1/tag", {
      inputs: [{ text: "Anton Chekhov" }, { text: "" }],
      plugin: "entities",
      aggregation: "none",
      maxLength: 8,
      overlap: 2,
    });
    expect(body.results[0].entities.map(({ label, start, end }) => [label, start, end])).toEqual([
      ["B-PER", 0, 5],
      ["I-PER", 6, 9],
      ["I-PER", 9, 13],
    ]);
    expect(body.results[1]).toEqual({ entities: [] });
  });

  it("finds a name far down a long text", async () => {
    const { body } = await stand.worker.post("/v1/tag", {
      text: `${"It was a play . ".repeat(2000)}${context}`,
    });
    expect(body.entities).toEqual([entity(32_024)]);
  });
});

describe("POST /v1/tokenize", () => {
  it("gives ids, segments, tokens and offsets", async () => {
    const { body } = await stand.worker.post("/v1/tokenize", {
      text: "Hello 👍 wörld",
      pair: "ok",
      offsetEncoding: "utf-32",
    });
    expect(body).toEqual({
      ids: [101, 7592, 100, 2088, 102, 7929, 102],
      segments: [0, 0, 0, 0, 0, 1, 1],
      tokens: ["[CLS]", "hello", "[UNK]", "world", "[SEP]", "ok", "[SEP]"],
      offsets: [
        [0, 0],
        [0, 5],
        [6, 7],
        [8, 13],
        [0, 0],
        [0, 2],
        [0, 0],
      ],
      offsetEncoding: "utf-32",
    });
    const cut = await stand.worker.post("/v1/tokenize", { inputs: [{ text: "a b c d" }], maxLength: 4 });
    expect(cut.body.results[0]).toMatchObject({ tokens: ["[CLS]", "a", "b", "[SEP]"], truncated: true });
  });

  it("takes a text as large as a request may be, and no larger", async () => {
    expect(new TextEncoder().encode(textOf(2 ** 20)).length).toBe(2 ** 20);
    for (const path of ["/v1/tokenize", "/v1/classify"]) {
      expect((await stand.worker.post(path, textOf(2 ** 20))).status).toBe(200);
      expect(refusal(await stand.worker.post(path, textOf(2 ** 20 + 1)))).toEqual([
        413,
        "too-large",
        undefined,
        "A request may have 1048576 bytes: send less, or in parts.",
      ]);
    }
  });

  it("counts the bytes of a body whose length is not told beforehand", async () => {
    const chunk = new TextEncoder().encode(" ".repeat(2 ** 16));
    let sent = 0;
    const stream = new ReadableStream({
      // No more than it takes to be too large: a client that still sends when it is answered may miss the answer.
      pull: (controller) => (sent++ < 17 ? controller.enqueue(chunk) : controller.close()),
    });
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: stream,
      duplex: "half",
    };
    expect((await stand.worker.send("/v1/tokenize", init as RequestInit)).status).toBe(413);
  });
});

describe("every answer", () => {
  it("names its request: as the client did, if that is harmless, else anew", async () => {
    expect(await requestId("abc-123")).toBe("abc-123");
    for (const asked of ["a b", "<script>", "x".repeat(129), ""])
      expect(await requestId(asked)).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("tells where its time went", async () => {
    const { headers } = await stand.worker.post("/v1/classify", { text: "warm" });
    expect(headers.get("server-timing")).toMatch(
      /^tokenize;dur=[\d.]+, server;dur=[\d.]+, queue;dur=[\d.]+, inference;dur=[\d.]+, head;dur=[\d.]+, total;dur=[\d.]+$/,
    );
  });

  it("comes though many ask at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        stand.worker.post("/v1/classify", { text: i % 2 === 0 ? "warm" : "dull" }),
      ),
    );
    expect(answers.map(({ body }) => body.score > 0.9)).toEqual(answers.map((_, i) => i % 2 === 0));
  });
});

describe("a client that breaks off in the middle of its request", () => {
  it.each(["Content-Length: 100", "Transfer-Encoding: chunked"])(
    "(%s) is no failure of the Worker",
    async (length) => {
      const client = connect(Number(new URL(stand.worker.url).port), "127.0.0.1");
      client.write(
        `POST /v1/tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${length}\r\n\r\n1\r\n{`,
      );
      await new Promise((done) => setTimeout(done, 200));
      client.destroy();
      await new Promise((done) => setTimeout(done, 300));
      expect(stand.worker.log).toEqual([]);
    },
  );
});

describe("health", () => {
  it("is the Worker's, and with its server's", async () => {
    expect(await stand.worker.send("/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await stand.worker.send("/readyz")).toMatchObject({ status: 200, body: { status: "ready" } });
    expect((await stand.worker.send("/healthz", { method: "HEAD" })).status).toBe(200);
  });
});
