/**
 * What other extensions get: the engine's tasks as functions, and a place for plugins of code. What it looks like from
 * there is `api.d.ts`.
 */
import type { RunOptions } from "@cloze/core";
import * as vscode from "vscode";
import type { ClozeApi, ClozeExports, ClozeOptions, ClozeTask } from "../api.d.ts";
import type { CodePlugins } from "./api/code-plugins.ts";
import type { Engine } from "./engine/engine.ts";
import { Failure } from "./engine/failure.ts";
import type { TaskArgs, TaskName } from "./engine/protocol.ts";

/** What this extension exports. */
export function makeExports({ engine, codePlugins }: ApiParts): ClozeExports {
  const api = makeApi({ engine, codePlugins });
  return {
    getApi(version: number) {
      if (version === 1) return api;
      throw new Failure(
        "unsupported",
        vscode.l10n.t("This version of Cloze has the API 1, not {0}: install another version.", version),
      );
    },
  };
}

interface ApiParts {
  readonly engine: Pick<Engine, "run">;
  readonly codePlugins: Pick<CodePlugins, "add" | "has" | "run">;
}

function makeApi({ engine, codePlugins }: ApiParts): ClozeApi {
  /** A task of the engine that takes texts, or objects, and gives a list. */
  const task = <I, O, Options>(
    name: "classify" | "fill" | "ask" | "tag" | "embed",
  ): ClozeTask<I, O, Options> =>
    each<I, O, Options>(async (inputs, options, run) => {
      const args = { ...options, inputs: inputs.map(textInput) } as TaskArgs<TaskName>;
      return (await engine.run<TaskName>(name, args, run)) as O[];
    });
  return {
    version: 1,
    classify: task("classify"),
    fill: task("fill"),
    ask: task("ask"),
    tag: task("tag"),
    embed: task("embed"),
    tokenize: each((inputs, _, run) =>
      Promise.all(
        inputs.map(async (input) => {
          const { ids, segments, tokens, offsets } = await engine.run("tokens", textInput(input), run);
          return { ids, segments, tokens, offsets };
        }),
      ),
    ),
    similar: (query, texts, { signal, ...options } = {}) =>
      engine.run("similar", { ...options, query, texts }, runOf(signal)),
    plugin: (name, inputs, { signal } = {}) =>
      codePlugins.has(name)
        ? codePlugins.run(name, inputs.map(textInput) as { text: string }[], runOf(signal))
        : engine.run("plugin", { name, inputs: inputs.map(textInput) }, runOf(signal)),
    registerPlugin: (plugin) => codePlugins.add(plugin),
  };
}

/** One input for one answer, a list for a list. */
function each<I, O, Options>(
  work: (inputs: readonly I[], options: object, run: RunOptions) => Promise<O[]>,
): ClozeTask<I, O, Options> {
  async function answer(given: I | readonly I[], options: ClozeOptions = {}): Promise<O | O[]> {
    const { signal, ...others } = options;
    if (Array.isArray(given)) return work(given as readonly I[], others, runOf(signal));
    const [one] = await work([given as I], others, runOf(signal));
    return one;
  }
  return answer as ClozeTask<I, O, Options>;
}

function textInput<I>(input: I): I & { text: string } {
  return (typeof input === "string" ? { text: input } : input) as I & { text: string };
}

function runOf(signal: AbortSignal | undefined): RunOptions {
  return signal ? { signal } : {};
}
