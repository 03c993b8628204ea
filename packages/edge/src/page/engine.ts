/** What answers: the Worker over HTTP, or the model in this tab. The cards know no more of either than this. */

/** An object of JSON. */
export type Json = Readonly<Record<string, unknown>>;

export interface Question {
  /** The task's route; none for a plugin of code, which has only its own. */
  readonly route: string | undefined;
  /** The head that is to answer, by its name. */
  readonly plugin: string | undefined;
  /** Whether it is asked at its own route, /v1/plugins/NAME. */
  readonly own: boolean;
  readonly inputs: readonly Json[];
  /** Whether they are a list, be it of one, whose answers are wanted as they come. */
  readonly many: boolean;
  readonly options: Json;
}

interface Reply {
  /** One an input, in order. */
  readonly answers: readonly unknown[];
  /** How long it took, and where. */
  readonly timing: string;
}

export interface Engine {
  /** @throws Failure */
  ask(question: Question, signal: AbortSignal): Promise<Reply>;
  /** Answers of many inputs, in order, each as soon as it is there; an input's own fault is `{ error }` in its place. */
  stream(question: Question, signal: AbortSignal): AsyncIterable<unknown>;
}

/** Why there is no answer, in a sentence to be shown. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly status: number | undefined;
  readonly requestId: string | undefined;

  constructor(detail: string, said: { readonly status?: number; readonly requestId?: string } = {}) {
    super(detail);
    this.status = said.status;
    this.requestId = said.requestId;
  }
}

/** Where a question goes over HTTP. */
export function pathOf({ route, plugin, own }: Question): string {
  return own || route === undefined ? `/v1/plugins/${plugin}` : route;
}

/** The body of its request: one input beside the options, or a list of inputs. */
export function bodyOf({ inputs, many, options, plugin, own }: Question): Json {
  const named = own || plugin === undefined ? {} : { plugin };
  return { ...(many || inputs.length !== 1 ? { inputs } : inputs[0]), ...options, ...named };
}

/** The kind of answer that is wanted. */
export function acceptOf({ many }: Question): string {
  return many ? "application/x-ndjson" : "application/json";
}

/** The request as a line for a shell. */
export function curlLine(question: Question, origin: string, withKey: boolean): string {
  const body = JSON.stringify(bodyOf(question)).replaceAll("'", `'\\''`);
  return [
    `curl ${origin}${pathOf(question)}`,
    `-H 'content-type: application/json'`,
    ...(question.many ? [`-N -H 'accept: ${acceptOf(question)}'`] : []),
    ...(withKey ? [`-H "authorization: Bearer $CLOZE_KEY"`] : []),
    `-d '${body}'`,
  ].join(" ");
}
