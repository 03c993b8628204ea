/** Python for the tests that compare with it live: the one that CLOZE_PYTHON names, where it has what they need. */
import { spawnSync } from "node:child_process";

/**
 * @param modules What the test imports.
 * @returns The interpreter's path; undefined where there is none, or one of the modules is missing.
 */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const python = process.env.CLOZE_PYTHON;
  if (python === undefined) return undefined;
  const find = `import importlib.util, sys; sys.exit(not all(map(importlib.util.find_spec, sys.argv[1:])))`;
  return spawnSync(python, ["-c", find, ...modules]).status === 0 ? python : undefined;
}
