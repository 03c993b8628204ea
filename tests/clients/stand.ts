/** The built Worker in workerd over the starter, for clients of all kinds: started before a file's tests. */
import type { Predictor } from "@cloze/core";
import { load } from "@cloze/runtime/node";
import { startServer } from "@cloze/server";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll } from "vitest";
import { startWorker } from "../edge/worker.ts";
import type { Worker } from "../edge/worker.ts";
import { starter } from "../starter.ts";

interface Stand {
  /** The same model in this process. */
  bert: Predictor;
  server: Awaited<ReturnType<typeof startServer>>;
  worker: Worker;
}

/** @param variables The Worker's, and its bindings. */
export function useStarter(variables: Parameters<typeof startWorker>[2] = {}): Stand {
  const stand = {} as Stand;
  beforeAll(async () => {
    stand.bert = await load(starter);
    const { session, config } = stand.bert;
    stand.server = await startServer({ session, config, model: "cloze-starter" });
    stand.worker = await startWorker(stand.server.url, "cloze-starter", variables);
  });
  afterAll(async () => {
    await stand.worker?.[Symbol.asyncDispose]();
    await stand.server?.close();
    await stand.bert?.[Symbol.asyncDispose]();
  });
  return stand;
}

/** Runs a program, and gives what it printed. */
export async function run(interpreter: string, ...given: readonly string[]): Promise<string> {
  const child = spawn(interpreter, given, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  const [out, told] = await Promise.all([textOf(child.stdout), textOf(child.stderr), ended]);
  if (child.exitCode !== 0) throw new Error(told);
  return out;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let all = "";
  for await (const chunk of stream.setEncoding("utf8")) all += String(chunk);
  return all;
}

export const film = "a warm , funny film";
export const question = "Who wrote it?";
/** Code points and UTF-16 units differ after the owl. */
export const context = "🦉 The play was written by Anton Chekhov in 1896.";
export const born = "🦉 Anton Chekhov was born in Taganrog.";
export const masked = "He closed the [MASK] behind him.";

/** A [start, end) in code points. */
export function points(text: string, start: number, end: number): { start: number; end: number } {
  return { start: Array.from(text.slice(0, start)).length, end: Array.from(text.slice(0, end)).length };
}
