/** What docs/deploy.md tells people to write and to run is there: wrangler's fields, commands and options, and ours. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { cloze } from "../cli/cloze.ts";
import { read, root } from "./entries.ts";

const page = read("docs/deploy.md");
const blocks = (language: string) =>
  Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")), ([, code]) => code);

/** The lines of shell blocks, each with those that continue it. */
const lines = blocks("sh").flatMap((code) => code.replaceAll("\\\n", " ").split("\n"));

const wrangler = path.join(root, "node_modules/wrangler");

test("fragments of wrangler.jsonc are what wrangler takes", () => {
  const schema = JSON.parse(readFileSync(path.join(wrangler, "config-schema.json"), "utf8")) as object;
  const validate = new Ajv({ strict: false, allowUnionTypes: true, logger: false }).compile(schema);
  const fragments = blocks("jsonc");
  expect(fragments).toHaveLength(4);
  for (const fragment of fragments) {
    const json: unknown = JSON.parse(fragment.replace(/^\s*\/\/.*$/gm, "").replace(/,(\s*[}\]])/g, "$1"));
    expect(validate(json), `${fragment}${JSON.stringify(validate.errors)}`).toBe(true);
  }
  expect(validate({ ratelimits: [{ name: "A", namespace_id: "1", simple: { limit: 1, period: 5 } }] })).toBe(
    false,
  );
  expect(validate({ vpc_service: [] })).toBe(false);
});

/** Commands with their options: `wrangler kv namespace create` → its `--name`… */
function commandsOf(program: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const line of lines)
    for (const [, rest] of line
      .replace(/ #.*/, "")
      .matchAll(new RegExp(`\\bnpx ${program} ([^|&;]+)`, "g"))) {
      const words = rest.trim().split(/\s+/);
      const end = words.findIndex((word) => !/^[a-z][a-z0-9-]*$/.test(word) || word === "cloze");
      const command = words.slice(0, end === -1 ? words.length : end);
      const known = found.get(command.join(" ")) ?? new Set();
      for (const word of words) if (word.startsWith("--")) known.add(word);
      found.set(command.join(" "), known);
    }
  return found;
}

describe("commands", () => {
  const bin = path.join(
    path.dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
    "bin/wrangler.js",
  );
  test.each([...commandsOf("wrangler")])("wrangler %s", (command, options) => {
    // A name may look like a command: what wrangler calls itself is the longest that it knows.
    const { stdout } = spawnSync(process.execPath, [bin, ...command.split(" "), "--help"], {
      encoding: "utf8",
      env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    });
    const [, title = ""] = /^wrangler ([a-z0-9 -]+?)(?: [<[]|$)/m.exec(stdout) ?? [];
    expect(title.trim()).not.toBe("");
    expect(command.startsWith(title.trim())).toBe(true);
    for (const option of options) expect(stdout).toContain(option);
  });

  test.each([...commandsOf("cloze")])("cloze %s", async (command, options) => {
    const { out, code } = await cloze([...command.split(" "), "--help"]);
    expect(code).toBe(0);
    for (const option of options) expect(out).toContain(option);
  });
});
