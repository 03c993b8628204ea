/** Training a plugin in every host: Node, workerd, Chromium. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { HOLDS } from "../portable/checks.ts";
import { hosts, isHere } from "../portable/hosts.ts";
import type { Outcome } from "../portable/hosts.ts";
import { checks } from "./checks.ts";

let script: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("run.ts", import.meta.url))],
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
