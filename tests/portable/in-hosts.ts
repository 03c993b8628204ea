/** The same checks in every host: one bundle, and each statement's word from each. */
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import type { Checks } from "./assert.ts";
import { hosts, isHere } from "./hosts.ts";
import type { Outcome } from "./hosts.ts";
import { HOLDS } from "./make-checks.ts";

/**
 * Bundles a module and has its `run` called in each host.
 *
 * @param file The module's path: its `run` makes the checks.
 */
export function testInHosts(file: string, checks: Checks): void {
  let script: string;
  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [file],
      bundle: true,
      platform: "neutral", // a host's module, Node's too, is an error
      format: "iife",
      globalName: "portable",
      write: false,
    });
    script = outputFiles[0].text;
  });

  for (const host of hosts) {
    const here = isHere(host);
    if (!here)
      console.warn(`${host.name} was not tested: there is none at ${host.needs?.file} (${host.needs?.how}).`);

    describe.runIf(here)(`in ${host.name}`, () => {
      let outcome: Outcome;
      beforeAll(async () => {
        outcome = await host.run(script);
      });

      test("the checks ran where they were meant to", () => expect(outcome.host).toMatch(host.says));

      test.each(Object.keys(checks))("%s", (statement) => expect(outcome.results[statement]).toBe(HOLDS));
    });
  }
}
