/**
 * The README's program is a file that is type-checked and runs here.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test("the program in the README is the one that runs, and gives what its comments say", async () => {
  const [program] = read("readme-sdk.ts").split("\n// What the README says");
  expect(read("../../README.md")).toContain(`\`\`\`ts\n${program.trimEnd()}\n\`\`\``);
  const { answer, embedding, entities, isNext, label, masks } = await import("./readme-sdk.ts");
  expect(label).toBe("positive");
  expect(answer).toBe("Anton Chekhov");
  expect(entities).toEqual([expect.objectContaining({ label: "PER", text: "Anton Chekhov" })]);
  expect(masks[0].predictions[0].token).toBe("door");
  expect(isNext).toBeGreaterThan(0.5);
  expect(isNext).toBeLessThan(1);
  expect(embedding).toHaveLength(384);
});
