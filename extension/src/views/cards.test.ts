import { expect, test, vi } from "vitest";
import { escapeMarkdown } from "./cards.ts";

vi.mock("vscode", () => ({ EventEmitter: vi.fn() }));

test("a text in Markdown is no markup, link or formula, and stays on its line", () => {
  expect(escapeMarkdown("*a*\r\n[b](c) | <i>")).toBe(String.raw`\*a\* \[b\]\(c\) \| \<i\>`);
  expect(escapeMarkdown("from $20 to 30$")).toBe(String.raw`from \$20 to 30\$`);
});
