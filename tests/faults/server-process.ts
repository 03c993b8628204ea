/** Starts an inference server as a process of its own, and does to it what happens to processes. */
import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  /** From now on its runs last so long. */
  slowDown(ms: number): void;
  /** Sends it a signal. */
  signal(name: "SIGSTOP" | "SIGCONT" | "SIGTERM" | "SIGKILL"): void;
  /** Resolves when it is gone. */
  gone(): Promise<void>;
}

/** @param at The port of a server that was there before, to take its place. */
export async function startServerProcess(at = "http://127.0.0.1:0"): Promise<ServerProcess> {
  const { port, hostname } = new URL(at);
  const child = fork(path.join(import.meta.dirname, "server-child.ts"), [port, hostname], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const exited = once(child, "exit");
  const [url] = (await Promise.race([
    once(child, "message"),
    exited.then(() => {
      throw new Error("The server's process ended before it listened.");
    }),
  ])) as [string];
  const gone = async () => void (await exited);
  return {
    url,
    slowDown: (ms) => void child.send(ms),
    signal: (name) => void child.kill(name),
    gone,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await gone();
    },
  };
}
