/**
 * Progress: what takes more than half a second is shown, and can be cancelled.
 */
import type { RunOptions } from "@cloze/core";
import * as vscode from "vscode";

const UNSEEN = 500;

/**
 * Does what takes time.
 *
 * @param title What is shown of it.
 * @param work Told how to run, and with what to say where it is.
 */
export async function during<T>(
  title: string,
  work: (run: RunOptions, say: (message: string) => void) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let told = 0;
  let message: string | undefined;
  let report: (() => void) | undefined;
  const run: RunOptions = {
    signal: abort.signal,
    onProgress({ done, total }) {
      told = total === 0 ? 0 : done / total;
      report?.();
    },
  };
  const running = work(run, (said) => {
    message = said;
    report?.();
  });
  const quick = await Promise.race([
    running.then(
      () => true,
      () => true,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), UNSEEN)),
  ]);
  if (quick) return running;
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress(
    { location, title: `Cloze: ${title}`, cancellable: true },
    (progress, token) => {
      let shown = 0;
      report = () => {
        progress.report({ increment: 100 * (told - shown), ...(message !== undefined && { message }) });
        shown = told;
      };
      if (told > 0 || message !== undefined) report();
      token.onCancellationRequested(() => abort.abort());
      return running;
    },
  );
}
