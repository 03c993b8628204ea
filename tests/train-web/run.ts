/** Makes the checks: what the hosts call. */
import { HOLDS } from "../portable/checks.ts";
import { checks } from "./checks.ts";

/** @returns For each statement HOLDS, or what its check has to say. */
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
