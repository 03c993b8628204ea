/**
 * Errors at the edge of the program: one sentence on stderr, an exit code, and with `--json` an object on stdout.
 */
import type { ClozeError } from "@cloze/core";
import { CommanderError } from "@commander-js/extra-typings";
import type { Io } from "./io.ts";

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: 1 | 2;
}

/** Tells of an error that ends a command. */
export async function reportError(error: unknown, argv: readonly string[], io: Io): Promise<void> {
  const { code, message, exitCode } = describe(error);
  io.exitCode = exitCode;
  if (wantsJson(argv)) await io.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  await io.stderr.write(`${message}\n`);
  if (code === "internal" && io.env.CLOZE_DEBUG && error instanceof Error)
    await io.stderr.write(`${error.stack}\n`);
}

function describe(error: unknown): Failure {
  if (error instanceof CommanderError && error.code === "commander.help")
    return {
      code: "invalid-option",
      message: "A command is missing or unknown: --help lists those there are.",
      exitCode: 2,
    };
  if (error instanceof CommanderError)
    return { code: "invalid-option", message: sentence(error.message), exitCode: 2 };
  if (isClozeError(error))
    return { code: error.code, message: error.message, exitCode: isBadInput(error) ? 2 : 1 };
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "internal",
    message: `${message} (a defect of Cloze: please report it; CLOZE_DEBUG=1 shows where)`,
    exitCode: 1,
  };
}

/** Whether the command line or the input is at fault, not the machine, a file or Cloze. */
function isBadInput({ code, field }: ClozeError): boolean {
  if (code === "invalid-input" || code === "invalid-option") return true;
  return (code === "not-found" || code === "unsupported") && field !== undefined;
}

/** By name, since the class may have been loaded twice and core is loaded only when it is needed. */
function isClozeError(error: unknown): error is ClozeError {
  return error instanceof Error && error.name === "ClozeError";
}

/** commander's "error: unknown command 'x'\n(Did you mean y?)" as one sentence. */
function sentence(message: string): string {
  const [first, ...rest] = message.replace(/^error: /, "").split("\n");
  const hint = rest.join(" ").replace(/^\(Did you mean (.*)\?\)$/, "did you mean $1?");
  const told = first.charAt(0).toUpperCase() + first.slice(1).replace(/\.$/, "");
  return hint ? `${told}: ${hint}` : `${told}. See --help.`;
}

function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const options = end < 0 ? argv : argv.slice(0, end);
  return options.some(
    (option, i) =>
      option === "--json" ||
      /^--format=jsonl?$/.test(option) ||
      (option === "--format" && /^jsonl?$/.test(options[i + 1])),
  );
}
