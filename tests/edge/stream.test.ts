/** Lists that are answered line by line, and requests that bring their own deadline. */
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { question, useStand } from "./stand.ts";

const stand = useStand();
const LINES = { "content-type": "application/json", accept: "application/x-ndjson" };

const post = (path: string, body: object, signal?: AbortSignal) =>
  fetch(new URL(path, stand.worker.url), {
    method: "POST",
    headers: LINES,
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });

const linesOf = async (response: Response) =>
  (await response.text())
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { label?: string; error?: { code: string; message: string } });

describe("a list that is answered line by line", () => {
  it("gives what the list would give, in its order", async () => {
    const inputs = Array.from({ length: 37 }, (_, i) => ({ text: i % 3 === 0 ? "warm" : "dull ".repeat(i) }));
    const response = await post("/v1/classify", { inputs });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const { body } = await stand.worker.post("/v1/classify", { inputs });
    expect(await linesOf(response)).toEqual(body.results);
  });

  it("comes as it is made: the first lines are there while the last ones run", async () => {
    const inputs = Array.from({ length: 40 }, () => ({ text: "warm" }));
    const held = new AbortController();
    const before = stand.server.session.runs.length;
    stand.server.session.gate = async () => {
      if (stand.server.session.runs.length - before > 2) await once(held.signal, "abort");
    };
    const response = await post("/v1/classify", { inputs });
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toMatch(/^\{"label":"positive"/);
    stand.server.session.gate = async () => {};
    held.abort();
    while (!(await reader.read()).done);
  });

  it("has an input's own error in its line", async () => {
    const inputs = [
      { question, context: "Anton Chekhov did." },
      { question: "Who ? ".repeat(99), context: "Anton" },
      { question, context: "x" },
    ];
    const answers = await linesOf(await post("/v1/answer", { inputs, maxLength: 16, maxQuestion: 64 }));
    expect(answers.map(({ error }) => error?.code)).toEqual([undefined, "invalid-option", undefined]);
  });

  it("that has a wrong form is refused before anything is sent", async () => {
    const response = await post("/v1/classify", { inputs: [{ text: 1 }] });
    expect([response.status, response.headers.get("content-type")]).toEqual([
      422,
      "application/problem+json",
    ]);
  });

  it("ends with the service's error where that fails on the way", async () => {
    const response = await post("/v1/classify", {
      inputs: Array.from({ length: 64 }, () => ({ text: "warm" })),
    });
    stand.server.session.gate = () => Promise.reject(new Error("broken")); // while the first groups are on their way
    const answers = await linesOf(response);
    stand.server.session.gate = async () => {};
    expect([response.status, answers.at(-1)?.error?.code]).toEqual([200, "server-error"]);
    expect(answers.length).toBeLessThan(65);
  });

  it("is one object where there is one input", async () => {
    const response = await post("/v1/classify", { text: "warm" });
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  });
});

describe("a deadline that the client brings", () => {
  it("is kept, and is a 504 when it passes", async () => {
    stand.server.session.gate = () => new Promise((resolve) => setTimeout(resolve, 2000));
    const start = performance.now();
    const { status, body } = await stand.worker.post(
      "/v1/classify",
      { text: "warm" },
      { "x-request-timeout": "200" },
    );
    stand.server.session.gate = async () => {};
    expect([status, body.code]).toEqual([504, "timeout"]);
    expect(performance.now() - start).toBeLessThan(1500);
  });

  it("is the service's own where it is longer, however long", async () => {
    const headers = { "x-request-timeout": "9".repeat(20) };
    const { status } = await stand.worker.post("/v1/classify", { text: "warm" }, headers);
    expect(status).toBe(200);
  });

  it.each(["0", "-1", "1.5", "soon"])("of %s is refused", async (timeout) => {
    const answer = await stand.worker.post(
      "/v1/classify",
      { text: "warm" },
      { "x-request-timeout": timeout },
    );
    expect([answer.status, answer.body.code]).toEqual([400, "malformed"]);
  });
});
