/** What a pool is told and what it tells. */
import type { RemoteOptions } from "@cloze/runtime/remote";
import type { CircuitOptions, CircuitState } from "./circuit.ts";

/** Which servers, and what to do when they fail. */
export interface PoolOptions {
  /** Each with the share of requests that it gets beside the others, 1 by default. */
  readonly servers: readonly { readonly url: string; readonly weight?: number }[];
  /** The model's name on all of them. */
  readonly model: string;
  /** The model's positions: rows are not padded beyond them. */
  readonly maxLength?: number;
  /** As RemoteSession's. */
  readonly tokensPerRun?: number;
  /** As RemoteSession's. */
  readonly halfHidden?: boolean;
  /** Sent with every request, such as what a server wants to be shown. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: NonNullable<RemoteOptions["fetch"]>;
  /** When a server's circuit opens. */
  readonly breaker?: Partial<CircuitOptions>;
  /** How often a run is tried again: 2 by default. */
  readonly retries?: number;
  /**
   * A time limit that passes counts against a server if it had so many milliseconds, 1000 by default: else a client that
   * waits for 1 ms could open the circuit for all.
   */
  readonly patienceMs?: number;
  /** From 0 to 1; Math.random by default. */
  readonly random?: () => number;
}

/** What a request of the Worker brings. */
export interface PoolRequest {
  /** When all must be over, as Date.now() counts. */
  readonly deadline: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the pool's. */
  readonly fetch?: NonNullable<RemoteOptions["fetch"]>;
}

/** What a pool knows of a server. */
export interface ServerState {
  /** Its host and port. */
  readonly server: string;
  readonly weight: number;
  readonly circuit: CircuitState;
  /** Whether it asked to be left in peace, which it is where there is another. */
  readonly resting: boolean;
  /** Counted since the pool was made: tries, those of them that were another try, and those that failed. */
  readonly requests: number;
  readonly retries: number;
  readonly failures: number;
}
