import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { escapeScript } from "./report-page.ts";
import { writeReport } from "./report.ts";
import { openRun } from "./run-folder.ts";

const evil = `<img src=x onerror="alert('1')"> & </script>`;
let folder: string;
let html: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "cloze-report-"));
  const out = path.join(folder, "out");
  await using run = await openRun(out, {
    command: `cloze ${evil}`,
    options: { rate: 1e-4 },
    seeds: [1],
    data: [],
  });
  for (let step = 1; step <= 5; step++)
    run.log({
      step,
      epoch: step / 5,
      loss: 1 / step,
      losses: { "masked-lm": 0.75 / step, [evil]: 0.25 / step },
      rate: 1e-4,
      norm: 1,
      tokens: 100 * step,
      seconds: 2,
      tokensPerSecond: 50,
    });
  run.log({ step: 5, evaluation: { accuracy: 0.875, undefinedHere: NaN } });
  run.log({ step: 5, warning: `The loss is flat ${evil}` });
  appendFileSync(path.join(out, "metrics.jsonl"), '{"step":6,"lo');
  const file = await writeReport(out, {
    title: evil,
    description: evil,
    mistakes: { headers: ["text", evil], rows: [[evil, 0.5]] },
    tables: [{ title: evil, headers: ["F1"], rows: [[0.123456]] }],
  });
  html = readFileSync(file, "utf8");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("report.html", () => {
  test("needs no network", () => {
    expect(html).toContain("default-src 'none'");
    expect([...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, target]) => target)).toEqual(["data:,"]);
    expect(html).not.toMatch(/@import|url\(|fetch\(|XMLHttpRequest/);
  });

  test("takes no text for markup, wherever it comes from", () => {
    expect(html).not.toContain("<img");
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(
      html.split("&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62; &#38; &#60;/script&#62;"),
    ).toHaveLength(9);
  });

  test("has the curves, the last evaluations, the configuration, the examples of mistakes", () => {
    for (const title of [
      "Loss",
      "Parts of the loss",
      "Evaluation: accuracy",
      "Learning rate",
      "Tokens a second",
    ])
      expect(html).toContain(`<h3>${title}</h3>`);
    expect(html).toContain(`"values":[1,0.5,0.333333,0.25,0.2]`);
    for (const text of [
      "<td>0.875</td>",
      "<td>not a number</td>",
      "<dt>rate</dt><dd>0.0001</dd>",
      "Examples of mistakes",
    ])
      expect(html).toContain(text);
    expect(html).toContain("<span>Training time</span><strong>10.0 s</strong>");
    expect(html).toContain("<span>Tokens a second</span><strong>50</strong>");
  });

  test("of a folder without a run is refused", async () => {
    await expect(writeReport(folder, { title: "none" })).rejects.toMatchObject({ code: "invalid-model" });
  });
});

test("what stands in a script is read as it was", () => {
  const value = [evil, "\u2028", 1e-7, null];
  const text = escapeScript(value);
  expect(text).not.toMatch(/[<\u2028]/);
  expect(JSON.parse(text)).toEqual(value);
});
