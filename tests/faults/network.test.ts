/**
 * The network between the Worker and its server goes away and comes back, on Linux, as root; elsewhere this is left out,
 * and `connections.test.ts` has a cut of its own making.
 */
import { execFile, spawnSync } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { AT_ONCE_MS, RECOVERY_MS } from "./ask.ts";
import type { Told } from "./ask.ts";

interface Found {
  readonly before: Told;
  readonly during: readonly number[];
  readonly refused: Told;
  readonly recoveredMs: number;
  readonly after: readonly number[];
}

const trial = "ip link set lo up && ip tuntap add dev nowhere mode tun";
const canCut = spawnSync("unshare", ["-n", "sh", "-c", trial]).status === 0;

test.runIf(canCut)(
  "a network that is cut is a 504 in time, then a 503 at once, until it is back",
  async () => {
    const child = path.join(import.meta.dirname, "cut-child.ts");
    const { stdout } = await promisify(execFile)("unshare", ["-n", process.execPath, child]);
    const { before, during, refused, recoveredMs, after } = JSON.parse(stdout) as Found;
    expect(before.status).toBe(200);
    expect(during).toEqual([504]);
    expect([refused.status, refused.ms < AT_ONCE_MS]).toEqual([503, true]);
    expect(recoveredMs).toBeLessThan(RECOVERY_MS);
    expect(after).toEqual([200]);
  },
);
