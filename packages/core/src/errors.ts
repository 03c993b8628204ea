/**
 * Every error that Cloze throws on purpose: one class, a stable code, a sentence that says what to do.
 *
 * Faces translate codes (an HTTP status, an exit code); nothing else looks inside the message.
 */

/** The stable codes. A program may branch on them; the message is for people. */
export type ErrorCode =
  | "invalid-input" // a text, a question, a request body that cannot be taken
  | "invalid-option" // an option out of its range, or two that exclude each other
  | "invalid-vocabulary" // duplicate pieces, no [UNK], nothing at all
  | "invalid-model" // a config, a weights file or a tokenizer file that is damaged or contradicts another
  | "invalid-plugin" // a plugin.json or a head that does not fit
  | "encoder-mismatch" // a plugin made for another encoder
  | "unsupported" // well-formed, but not something that Cloze can do
  | "not-found" // a file, a model, a plugin that is not there
  | "server-unavailable" // the inference server cannot be reached, or says that it is not ready
  | "server-error" // the inference server answered nonsense
  | "timeout"
  | "aborted"
  | "disposed" // a session or a model used after it was closed
  | "port-in-use"
  | "diverged" // training came to a loss that is not a number
  | "internal"; // a defect of Cloze: please report it

/** What an error may say beside its code and its sentence. */
export interface ErrorDetails {
  /** What was wrong underneath. */
  readonly cause?: unknown;
  /** The field of the input or the option at fault, such as `inputs[3].text`. */
  readonly field?: string;
}

/**
 * @example
 * const error = new ClozeError("not-found", "There is no plugin named moods: the model has sentiment, answers.");
 * error.code; // "not-found"
 */
export class ClozeError extends Error {
  override readonly name = "ClozeError";
  readonly code: ErrorCode;
  declare readonly field?: string; // there only where it is set

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.field !== undefined) this.field = details.field;
  }
}
