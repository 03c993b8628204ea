import { parsePlugin } from "@cloze/core";
import { expect, test } from "vitest";
import { renderPage } from "./page.ts";

const template = `<script nonce="{{nonce}}"></script><script id="service">{{service}}</script>{{other}}`;
const title = "</script><script>$& $1 {{nonce}}";
const plugin = parsePlugin(
  JSON.stringify({ name: "moods", kind: "sequence", labels: ["sad", "glad"], title }),
);

test("a page has the plugins in it, and none of their texts ends its script", async () => {
  const html = await renderPage(template, { plugins: [plugin] }, 16).text();
  const [, service] = /id="service">(.*?)<\/script>/.exec(html)!;
  expect(JSON.parse(service)).toMatchObject({ inputs: 16, plugins: [{ name: "moods", title }] });
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html).toContain("{{other}}");
});

test("each page has a nonce of its own, which its policy names", async () => {
  const nonces = [renderPage(template, { plugins: [] }, 16), renderPage(template, { plugins: [] }, 16)].map(
    ({ headers }) => /script-src 'nonce-([0-9a-f-]{36})'/.exec(headers.get("content-security-policy")!)![1],
  );
  expect(new Set(nonces).size).toBe(2);
  const page = renderPage(template, { plugins: [] }, 16);
  const [, nonce] = /nonce="(.*?)"/.exec(await page.text())!;
  expect(page.headers.get("content-security-policy")).toContain(`'nonce-${nonce}'`);
});
