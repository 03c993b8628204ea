/**
 * Long runs on the command line: Ctrl-C ends the step that is being made and saves, and it is told how to go on.
 */
import type { Io } from "./io.ts";

const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs what a signal stops. A second signal ends the program at once.
 *
 * @param argv The arguments of the command, to be told with `--resume`.
 */
export async function interruptible<T>(
  argv: readonly string[],
  io: Io,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const listen = (how: "on" | "off"): void => {
    for (const signal of signals) process[how](signal, interrupt);
  };
  const interrupt = (): void => {
    listen("off"); // whichever comes next does what it does without us
    stop.abort();
  };
  listen("on");
  try {
    return await run(stop.signal);
  } catch (error) {
    if (stop.signal.aborted) await io.stderr.write(`To go on: ${resuming(argv)}\n`);
    throw error;
  } finally {
    listen("off");
  }
}

/** A command as it may be typed. */
export function typed(argv: readonly string[]): string {
  return ["cloze", ...argv.map(quoted)].join(" ");
}

function resuming(argv: readonly string[]): string {
  return typed(argv.includes("--resume") ? argv : [...argv, "--resume"]);
}

/** An argument as a shell reads it. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
