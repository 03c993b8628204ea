/** The program `cloze`: this process's streams, handed to `run`. */
import { processIo } from "./io.ts";
import { run } from "./run.ts";

// A reader that has seen enough (`| head`) closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  process.stderr.write(`The output could not be written: ${error.message}.\n`);
  process.exit(1);
});
// Nor is it one that nobody reads the messages.
process.stderr.on("error", () => {});

process.exitCode = await run(process.argv.slice(2), processIo());
process.stdin.destroy(); // a command that failed may have been waiting for more
