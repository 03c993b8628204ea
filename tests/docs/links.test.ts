/**
 * Links between the pages lead somewhere: to a file of the repository, and to a heading where they name one.
 */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { read, root } from "./entries.ts";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name.replaceAll(path.sep, "/")}`),
];

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

test.each(pages)("%s", (page) => {
  const prose = read(page)
    .replace(/^```.*?^```$/gms, "")
    .replace(/`[^`\n]*`/g, "");
  const links = Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target);
  const broken = links.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file, anchor] = target.split("#");
    const place = file === "" ? page : path.join(path.dirname(page), file);
    if (!existsSync(path.join(root, place))) return true;
    if (anchor === undefined) return false;
    const headings = Array.from(read(place).matchAll(/^#+ (.*)$/gm), ([, heading]) => anchorOf(heading));
    return !headings.includes(anchor);
  });
  expect(broken).toEqual([]);
});
