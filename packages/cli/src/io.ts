/**
 * Where a command reads and writes: the process's own streams in `main.ts`, memory in tests.
 */

export interface Sink {
  readonly isTTY: boolean;
  /** The terminal's width in characters. */
  readonly columns: number;
  /** Resolves when the stream takes more. */
  write(text: string): Promise<void>;
}

export interface Io {
  /** Standard input as text, cut anywhere. */
  stdin(): AsyncIterable<string>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The exit code, 0 until a command sets it. */
  exitCode: 0 | 1 | 2;
}

/** Sinks and input of this process. */
export function processIo(): Io {
  return {
    stdin: () => process.stdin.setEncoding("utf8"),
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    env: process.env,
    exitCode: 0,
  };
}

function sink(stream: NodeJS.WriteStream): Sink {
  return {
    isTTY: stream.isTTY ?? false, // undefined for a file or a pipe
    get columns() {
      return stream.columns || 80; // a terminal of unknown size says 0
    },
    write: (text) =>
      new Promise((resolve) => {
        if (stream.write(text, () => resolve())) resolve(); // a stream that fails takes no more, and tells only so
      }),
  };
}
