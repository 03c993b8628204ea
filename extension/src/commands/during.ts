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
 */
export async function during<T>(title: string, work: (run: RunOptions) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let told = 0;
  let report: ((share: number) => void) | undefined;
  const running = work({
    signal: abort.signal,
    onProgress({ done, total }) {
      told = total === 0 ? 0 : done / total;
      report?.(told);
    },
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
      report = (share) => {
        progress.report({ increment: 100 * (share - shown) });
        shown = share;
      };
      if (told > 0) report(told);
      token.onCancellationRequested(() => abort.abort());
      return running;
    },
  );
}
