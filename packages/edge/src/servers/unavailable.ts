/** The error of a service whose servers are away or busy, with the time to come back. */
import { ClozeError } from "@cloze/core";

/**
 * No server may be asked at the moment, or none that was asked could answer.
 *
 * @example
 * new Unavailable("No inference server answers.", 1500).retryAfterSeconds; // 2
 */
export class Unavailable extends ClozeError {
  readonly retryAfterSeconds: number;

  constructor(message: string, waitMs: number, cause?: unknown) {
    super("server-unavailable", message, { cause });
    this.retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  }
}
