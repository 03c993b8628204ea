import { defineConfig } from "vitest/config";

const crossing = { testTimeout: 120_000, hookTimeout: 120_000 };
const inBrowsers = ["tests/{extension,web}/**/*.test.ts", "tests/edge/{page,page-*,reference}.test.ts"];
const notOurs = ["**/node_modules/**", "tests/long/**"];

/**
 * `unit`: beside the code, seconds. `integration`: what crosses packages, with real parts. `browser`: what a page or an
 * editor shows, seen through a browser that has its own pace: a test that fails is tried once more, and the report says
 * so. Packages are imported as built, so `npm run build` comes first.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{packages/*,extension}/src/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["tests/**/*.test.ts"],
          exclude: [...notOurs, ...inBrowsers],
          ...crossing,
        },
      },
      { test: { name: "browser", include: inBrowsers, exclude: notOurs, retry: 1, ...crossing } },
    ],
  },
});
