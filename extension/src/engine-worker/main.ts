/**
 * The engine: a worker's script that loads the model and answers the host. Started a second time, by itself, it is the
 * worker of the model's session.
 */
import { ClozeError } from "@cloze/core";
import { serveSession } from "@cloze/runtime/web";
import { createBirpc } from "birpc";
import type { EngineSide, HostSide, Outcome } from "../engine/protocol.ts";
import { open } from "./open.ts";
import type { Opened } from "./open.ts";
import { tasks } from "./tasks.ts";

declare const self: { readonly clozeRole?: string } & Pick<Worker, "postMessage" | "addEventListener">;

// ONNX Runtime would start its own threads from this script, by this name.
if (self.clozeRole === "session") serveSession();
else serveEngine();

function serveEngine(): void {
  const calls = new Map<number, AbortController>();
  let opened: Promise<Opened> | undefined;

  const engine: EngineSide = {
    open: (options) =>
      told(async () => {
        opened = open(host, options);
        return (await opened).info;
      }),
    run: (call, name, args) =>
      told(async () => {
        const abort = new AbortController();
        calls.set(call, abort);
        try {
          const task = (
            tasks as Readonly<Record<string, (model: Opened, args: never, run: object) => Promise<unknown>>>
          )[name];
          return await task(await opened!, args as never, {
            signal: abort.signal,
            onProgress: ({ done, total }: { done: number; total: number }) =>
              void host.progress.asEvent(call, done, total),
          });
        } finally {
          calls.delete(call);
        }
      }),
    cancel: (call) => calls.get(call)?.abort(),
  };
  const host = createBirpc<HostSide, EngineSide>(engine, {
    post: (data) => self.postMessage(data),
    on: (hear) => self.addEventListener("message", ({ data }) => hear(data)),
    timeout: -1,
  });
}

async function told<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof ClozeError)) return { error: { code: "internal", message } };
    const { code, field } = error;
    return { error: { code, message, ...(field !== undefined && { field }) } };
  }
}
