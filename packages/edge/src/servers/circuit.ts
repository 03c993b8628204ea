/**
 * A circuit breaker for one server: closed it lets everything through, open nothing, half-open one request that finds
 * out. Plain data and the time that the caller tells: nobody waits here, so requests of one Worker may share it.
 *
 * What counts as a failure, and whom to ask instead, is the pool's matter.
 */
import { ClozeError } from "@cloze/core";

/** When a circuit opens, and for how long. */
export interface CircuitOptions {
  /** It opens after so many failures with no success between them: 5 by default. */
  readonly failures: number;
  /** It looks at so many of the latest outcomes: 20 by default. */
  readonly window: number;
  /** It opens when so great a share of the window has failed, and half of the window is filled: 0.5 by default. */
  readonly share: number;
  /** How long it stays open, in milliseconds: 2000 by default. */
  readonly openMs: number;
  /**
   * How long the one request of a half-open circuit may keep its place, in milliseconds: 2000 by default. A Worker drops
   * a request whose client has left without a word, and its place must not be lost.
   */
  readonly probeMs: number;
}

/** What a circuit does with requests: lets through all, none or one. */
export type CircuitState = "closed" | "open" | "half-open";

/** What came of a request: `neither` where it says nothing of the server, as of a client that left. */
export type Outcome = "success" | "failure" | "neither";

/** What a request holds that was let through. */
export interface Pass {
  /** Whether it is the one request that finds out whether the server is back. */
  readonly probe: boolean;
  /** Which stretch of the circuit's life it belongs to: what ends in a later one no longer counts. */
  readonly era: number;
}

const usual: CircuitOptions = { failures: 5, window: 20, share: 0.5, openMs: 2000, probeMs: 2000 };

/**
 * The circuit of one server. Times are milliseconds of one clock.
 *
 * @example
 * const circuit = new Circuit({ failures: 1, openMs: 1000 });
 * const pass = circuit.enter(0)!;
 * circuit.leave(pass, "failure", 0);
 * circuit.state(999); // "open"
 * circuit.enter(1000)?.probe; // true
 * circuit.enter(1000); // undefined
 */
export class Circuit {
  readonly options: CircuitOptions;
  #era = 0;
  /** Until when it is open; `undefined` while it is closed. */
  #openUntil: number | undefined;
  #probe: { readonly pass: Pass; readonly until: number } | undefined;
  #inARow = 0;
  #latest: boolean[] = []; // whether each failed, the oldest first

  /** @throws ClozeError `invalid-option` for a rule that would never open, or open for nothing. */
  constructor(options: Partial<CircuitOptions> = {}) {
    this.options = { ...usual, ...options };
    for (const [name, value] of Object.entries(this.options))
      if (!(value > 0) || (name === "share" && value > 1))
        throw new ClozeError(
          "invalid-option",
          `The circuit's ${name} should be over 0${name === "share" ? " and at most 1" : ""}, but is ${value}.`,
          { field: name },
        );
  }

  state(now: number): CircuitState {
    if (this.#openUntil === undefined) return "closed";
    return now < this.#openUntil ? "open" : "half-open";
  }

  /** Milliseconds until a request may be let through again; 0 where one is now. */
  waitMs(now: number): number {
    if (this.#openUntil === undefined) return 0;
    return Math.max(0, this.#openUntil - now, (this.#probe?.until ?? now) - now);
  }

  /** Lets a request through, or not. Who has a pass must `leave`. */
  enter(now: number): Pass | undefined {
    if (this.waitMs(now) > 0) return undefined;
    const pass = { probe: this.#openUntil !== undefined, era: this.#era };
    if (pass.probe) this.#probe = { pass, until: now + this.options.probeMs };
    return pass;
  }

  leave(pass: Pass, outcome: Outcome, now: number): void {
    if (this.#probe?.pass === pass) this.#probe = undefined;
    if (pass.era !== this.#era || outcome === "neither") return;
    if (pass.probe) this.#turn(outcome === "failure" ? now + this.options.openMs : undefined);
    else if (this.#count(outcome === "failure")) this.#turn(now + this.options.openMs);
  }

  /** Takes an outcome into account, and says whether it is the one too many. */
  #count(failed: boolean): boolean {
    const { failures, window, share } = this.options;
    this.#inARow = failed ? this.#inARow + 1 : 0;
    this.#latest = [...this.#latest, failed].slice(-window);
    const bad = this.#latest.filter(Boolean).length;
    return (
      failed &&
      (this.#inARow >= failures || (2 * this.#latest.length >= window && bad >= share * this.#latest.length))
    );
  }

  /** Opens, or closes with `undefined`; either begins anew. */
  #turn(openUntil: number | undefined): void {
    this.#era++;
    this.#openUntil = openUntil;
    this.#probe = undefined;
    this.#inARow = 0;
    this.#latest = [];
  }
}
