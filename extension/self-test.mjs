/**
 * Writes what the self-test expects: the starter's answers to a few inputs, computed on the processor by Node. Run it
 * when the starter changes, after `npm run build`.
 *
 *     node extension/self-test.mjs
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "@cloze/runtime/node";

const context =
  "The Royal Observatory stands on a hill in Greenwich Park, above the river Thames. It was commissioned in 1675 by " +
  "King Charles II, who wanted better charts of the stars for his navy. John Flamsteed was the first Astronomer Royal, " +
  "and he laid the first stone on the tenth of August. The building was designed by Christopher Wren, with the help of " +
  "Robert Hooke. Since 1884 the line that runs through its telescope has been the prime meridian, from which the whole " +
  "world counts its longitude.";
const cases = [
  { task: "classify", input: { text: "a warm , funny film" } },
  { task: "fill", input: { text: "He closed the [MASK] behind him." } },
  { task: "ask", input: { question: "Who designed the building?", context }, options: { top: 2 } },
  { task: "tag", input: { text: "John Flamsteed lived in London and worked for the Royal Society." } },
  { task: "next", input: { text: "The rain had stopped.", pair: "She closed her umbrella and walked on." } },
  { task: "embed", input: { text: "The line that runs through its telescope is the prime meridian." } },
];

const weights = fileURLToPath(import.meta.resolve("@cloze/starter/model/model.safetensors"));
const sha256 = createHash("sha256").update(readFileSync(weights)).digest("hex");
const bert = await load(path.dirname(weights));
const answered = [];
for (const { task, input, options = {} } of cases)
  answered.push({ task, input, options, answer: await bert[task](input, options) });
await bert[Symbol.asyncDispose]();
const json = JSON.stringify(answered, (_, value) =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(7)) : value,
);
writeFileSync(
  new URL("src/engine-worker/self-test.generated.ts", import.meta.url),
  `/** Written by extension/self-test.mjs: the starter's answers on the processor. */
export const encoder = "${sha256}";
export const cases = ${json} as const;
`,
);
