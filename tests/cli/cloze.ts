/**
 * The built command line as a child process.
 */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { fileURLToPath } from "node:url";

export const main = fileURLToPath(import.meta.resolve("cloze/package.json")).replace(
  "package.json",
  "dist/main.js",
);

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Each line of stdout as JSON. */
  json(): unknown[];
}

export function start(argv: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...argv], { env: { ...process.env, ...env } });
}

/** Runs `cloze` to its end. */
export async function cloze(
  argv: readonly string[],
  input = "",
  env: NodeJS.ProcessEnv = {},
): Promise<Result> {
  const child = start(argv, env);
  child.stdin.end(input);
  return finish(child);
}

export async function finish(child: ChildProcessWithoutNullStreams): Promise<Result> {
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const json = (): unknown[] =>
    out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
  return { code, out, err, json };
}
