import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { FeatureCache } from "./feature-cache.ts";

afterEach(() => vi.unstubAllEnvs());

test.runIf(process.platform !== "win32")(
  "an empty XDG_CACHE_HOME is as none: nothing is kept in the folder at hand",
  async () => {
    const name = "0-test-of-the-cache";
    const home = mkdtempSync(path.join(tmpdir(), "cloze-home-"));
    vi.stubEnv("HOME", home);
    vi.stubEnv("XDG_CACHE_HOME", "");
    try {
      expect(homedir()).toBe(home);
      const cache = await FeatureCache.open(name, undefined, 1);
      cache.set("k".repeat(16), Float32Array.of(1));
      await cache.save();
      expect(existsSync(path.join(home, ".cache", "cloze", "features", `${name}.bin`))).toBe(true);
      expect(existsSync(path.join("cloze", "features", `${name}.bin`))).toBe(false);
    } finally {
      rmSync(home, { recursive: true });
    }
  },
);
