/** The inference server as a fleet runs it: a process of its own, started by the command line. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { finish, start } from "../cli/cloze.ts";
import type { Result } from "../cli/cloze.ts";
import { fixturePath } from "../reference/fixtures.ts";

export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Result>;
}

/** Starts `cloze serve --server-only`, and waits until it is ready. */
export async function startServerProcess(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<ServerProcess> {
  const child = start(["serve", "--server-only", "--json", ...args], env);
  const ended = finish(child);
  const url = await new Promise<string>((resolve, reject) => {
    let out = "";
    child.stdout.on("data", (text: string) => {
      out += text;
      if (out.endsWith("\n")) resolve((JSON.parse(out) as { serverUrl: string }).serverUrl);
    });
    void ended.then(({ err }) => reject(new Error(`It ended before it was ready: ${err}`)));
  });
  return {
    url,
    child,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** A folder for models, which goes when the test is over. */
export function makeRepository(): { readonly folder: string; readonly put: Put } & Disposable {
  const folder = mkdtempSync(path.join(tmpdir(), "cloze-models-"));
  const models = path.join(folder, "models");
  mkdirSync(models);
  return {
    folder: models,
    /** Puts a model of the fixtures there at once, in place of what is there. */
    put(place, fixture) {
      const [made, to] = [path.join(folder, "next"), path.join(models, place)];
      cpSync(fixturePath(`checkpoints/${fixture}`), made, { recursive: true });
      mkdirSync(path.dirname(to), { recursive: true });
      rmSync(to, { recursive: true, force: true });
      renameSync(made, to);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

type Put = (place: string, fixture: string) => void;

const tensor = (name: string, data: readonly number[]) => ({
  name,
  datatype: "INT64",
  shape: [1, data.length],
  data,
});

/** A row of a tiny model, and what it is asked. */
export function inferBody(over: object = {}, ids: readonly number[] = [2, 5, 3]): string {
  const inputs = [
    tensor("input_ids", ids),
    tensor(
      "attention_mask",
      ids.map(() => 1),
    ),
    tensor(
      "token_type_ids",
      ids.map(() => 0),
    ),
  ];
  return JSON.stringify({ inputs, ...over });
}

/** Asks a model once. */
export async function infer(url: string, model: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/v2/models/${model}/infer`, {
    method: "POST",
    body: inferBody(),
    headers,
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

interface Answer {
  readonly error?: string;
  readonly model_version?: string;
  readonly outputs?: readonly { readonly data: readonly number[] }[];
}

/** The repository's index. */
export async function indexOf(
  url: string,
): Promise<readonly { version: string; state: string; reason: string }[]> {
  const response = await fetch(`${url}/v2/repository/index`, { method: "POST" });
  return (await response.json()) as readonly { version: string; state: string; reason: string }[];
}
