/**
 * Statements about @cloze/core that hold wherever there is ECMAScript. They are bundled once; the same bundle is run in
 * each host (`hosts.ts`), so nothing here may know of a host, or of a test runner.
 */
import type { Checks } from "./assert.ts";
import { predictor } from "./predictor.ts";
import { tasks } from "./tasks.ts";
import { texts } from "./texts.ts";

export const checks: Checks = { ...texts, ...tasks, ...predictor };

/** What is said of a statement that holds. */
export const HOLDS = "holds";

/** Makes every check. @returns For each statement HOLDS, or what its check has to say. */
export async function run(): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const [statement, check] of Object.entries(checks)) {
    try {
      await check();
      results[statement] = HOLDS;
    } catch (error) {
      results[statement] = String(error);
    }
  }
  return results;
}
