import { expect, test } from "vitest";
import { bundle, bundles } from "./bundles.ts";

test.each([...bundles])(
  "%s: no larger than promised, and made of the core alone",
  async (_, { source, limit }) => {
    const { compressed, files, imports } = await bundle(source);
    expect(compressed).toBeLessThan(limit);
    expect(compressed).toBeGreaterThan(limit / 2); // or it is not what people import
    expect(files.filter((file) => !/\bpackages\/core\/dist\//.test(file))).toEqual([]);
    expect(imports).toEqual([]);
  },
);
