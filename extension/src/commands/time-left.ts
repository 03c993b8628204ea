/**
 * How long work goes on: told from how long its parts took so far, once there is enough to tell.
 */
import type { Progress, RunOptions } from "@cloze/core";
import * as vscode from "vscode";

/** Milliseconds of work from which the rest can be told. */
const ENOUGH = 3000;

/** Progress that also says how much time is left. */
export function withTimeLeft(run: RunOptions, say: (message: string) => void): RunOptions {
  let first: { readonly time: number; readonly done: number } | undefined; // what is before it was the engine's start
  const onProgress = (progress: Progress): void => {
    const { done, total } = progress;
    first ??= { time: Date.now(), done };
    const time = Date.now() - first.time;
    if (time >= ENOUGH && first.done < done && done < total)
      say(inWords((time / 1000) * ((total - done) / (done - first.done))));
    run.onProgress?.(progress);
  };
  return { ...run, onProgress };
}

function inWords(seconds: number): string {
  if (seconds > 90) return vscode.l10n.t("about {0} minutes left", Math.round(seconds / 60));
  return vscode.l10n.t("about {0} seconds left", Math.max(5, Math.round(seconds / 5) * 5));
}
