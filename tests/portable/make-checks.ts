/** Makes checks wherever there is ECMAScript: what the hosts call. */
import type { Checks } from "./assert.ts";

/** What is said of a statement that holds. */
export const HOLDS = "holds";

/** Makes every check. @returns For each statement HOLDS, or what its check has to say. */
export async function makeChecks(checks: Checks): Promise<Record<string, string>> {
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
