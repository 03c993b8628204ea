/** What a client throws. It is like the core's ClozeError, and does without the core. */

/** What is known of a request that failed, beside its code and its sentence. */
export interface RequestErrorDetails {
  /** The HTTP status; 0 where there was no answer. */
  readonly status?: number | undefined;
  /** The field at fault, such as `text`. */
  readonly field?: string | undefined;
  /** Under which the service's logs tell of it. */
  readonly requestId?: string | undefined;
  /** After how many seconds to try again. */
  readonly retryAfter?: number | undefined;
  /** Which of several inputs it is about, from 0. */
  readonly index?: number | undefined;
  readonly cause?: unknown;
}

/**
 * A request that failed: a stable code, and a sentence that says what to do.
 *
 * @example
 * const error = new RequestError("rate-limited", "Send less.", { status: 429, retryAfter: 10 });
 * error.code; // "rate-limited"
 */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** As the service's problems have it; `server-unavailable`, `timeout` and `aborted` where there was no answer. */
  readonly code: string;
  readonly status: number;
  declare readonly field?: string; // these are there only where they are set
  declare readonly requestId?: string;
  declare readonly retryAfter?: number;
  declare readonly index?: number;

  constructor(code: string, message: string, { cause, status = 0, ...others }: RequestErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    for (const [name, value] of Object.entries(others))
      if (value !== undefined) Object.assign(this, { [name]: value });
  }
}
