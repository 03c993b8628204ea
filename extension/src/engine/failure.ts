/**
 * What went wrong, on the host's side: the engine's errors as they crossed, and the host's own.
 */
import * as vscode from "vscode";

export class Failure extends Error {
  /** A code of `ClozeError`; `lost` where the engine is there no more. */
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }

  static cancelled(): Failure {
    return new Failure("aborted", vscode.l10n.t("It was cancelled."));
  }

  static of(error: unknown): Failure {
    if (error instanceof Failure) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new Failure(isMissing(error) ? "not-found" : "internal", message, error);
  }
}

/** Whether a file is not there, as against one that cannot be read. */
export function isMissing(error: unknown): boolean {
  return error instanceof vscode.FileSystemError && error.code === "FileNotFound";
}
