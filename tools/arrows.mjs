/**
 * Keeps the house: dependencies point down only. knip sees that what a package imports stands in its package.json;
 * this sees that what stands there is allowed.
 */
import { readFileSync } from "node:fs";

/** What each package may depend on, of our own. A new arrow is a change of the design: make it on purpose. */
const allowed = {
  "packages/core": [],
  "packages/starter": [],
  "packages/runtime": ["@cloze/core"],
  "packages/server": ["@cloze/core", "@cloze/runtime"],
  "packages/edge": ["@cloze/core", "@cloze/runtime"],
  "packages/train": ["@cloze/core", "@cloze/runtime"],
  "packages/create-cloze-plugin": [],
  "packages/cli": [
    "@cloze/core",
    "@cloze/runtime",
    "@cloze/server",
    "@cloze/starter",
    "@cloze/train",
    "@cloze/worker",
  ],
  extension: ["@cloze/core", "@cloze/runtime", "@cloze/starter", "@cloze/train"],
  worker: ["@cloze/core", "@cloze/edge", "@cloze/runtime", "@cloze/starter"],
};

const wrong = Object.entries(allowed).flatMap(([folder, below]) => {
  const { dependencies = {} } = JSON.parse(
    readFileSync(new URL(`../${folder}/package.json`, import.meta.url), "utf8"),
  );
  const names = Object.keys(dependencies);
  if (folder === "packages/core" && names.length > 0)
    return [`${folder} has dependencies; the core has none`];
  return names
    .filter((name) => /^(@cloze\/|cloze$)/.test(name) && !below.includes(name))
    .map((name) => `${folder} depends on ${name}, which is not below it`);
});
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
