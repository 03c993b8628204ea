import { defineConfig } from "vitest/config";

/**
 * `unit`: beside the code, seconds. `integration`: what crosses packages, with real parts. Packages are imported
 * as built, so `npm run build` comes first.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["{packages/*,extension}/src/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "integration",
          include: ["tests/**/*.test.ts"],
          exclude: ["**/node_modules/**", "tests/long/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
