/**
 * Several inference servers as one: a choice by weight among those whose circuit lets through, another try where that
 * is safe, never beyond the deadline. Health is learnt from the requests themselves.
 *
 * A pool is shared by the requests of an isolate and so holds plain data only: a request in workerd must not wait on what
 * another began. What a request waits on is its session's.
 */
import { ClozeError, throwIfAborted } from "@cloze/core";
import type { Abort, RunOptions, Session } from "@cloze/core";
import { RemoteSession } from "@cloze/runtime/remote";
import { Circuit } from "./circuit.ts";
import type { Pass } from "./circuit.ts";
import { judge } from "./judge.ts";
import type { Verdict } from "./judge.ts";
import type { PoolOptions, PoolRequest, ServerState } from "./pool-options.ts";
import { Unavailable } from "./unavailable.ts";

interface Member {
  readonly url: string;
  readonly weight: number;
  readonly circuit: Circuit;
  restUntil: number;
  requests: number;
  retries: number;
  failures: number;
}

/** One request of the Worker; its runs may wait for each other. */
interface Visit extends PoolRequest {
  /** Those of them that find out whether a server is back. */
  readonly probing: Set<Promise<unknown>>;
}

type Ask<T> = (remote: RemoteSession) => Promise<T>;

type Result<T> = { readonly value: T } | Failed;

interface Failed extends Verdict {
  readonly error: unknown;
}

/** About how long to wait before another try; twice as long before the next. */
const BACKOFF_MS = 50;

/**
 * The servers of an app. Make it once; make a session for each request.
 *
 * @example
 * const pool = new ServerPool({ servers: [{ url }], model: "cloze-starter" });
 * const session = pool.session({ deadline: Date.now() + 10_000 });
 * const { sentiment } = await session.run(feeds, ["sentiment"]);
 * sentiment.dims; // [1, 2]
 * pool.state[0].circuit; // "closed"
 */
export class ServerPool {
  readonly #options: PoolOptions;
  readonly #members: readonly Member[];
  /** Says how rows are padded and joined: alike for all. */
  readonly #policy: Pick<Session, "tokensPerRun" | "paddedLength">;
  readonly #random: () => number;
  #refused = 0;

  /** @throws ClozeError `invalid-option` for no servers, an address that is none, rules of the breaker that cannot be. */
  constructor(options: PoolOptions) {
    if (options.servers.length === 0)
      throw new ClozeError("invalid-option", "A pool needs a server: give at least one.", {
        field: "servers",
      });
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#members = options.servers.map(({ url, weight = 1 }) => ({
      url,
      weight,
      circuit: new Circuit(options.breaker),
      restUntil: -Infinity,
      requests: 0,
      retries: 0,
      failures: 0,
    }));
    [this.#policy] = this.#members.map((member) => this.#connect(member, { deadline: Infinity }));
  }

  /** The servers as they stand, in the order in which they were given. */
  get state(): readonly ServerState[] {
    const now = Date.now();
    return this.#members.map(({ url, weight, circuit, restUntil, requests, retries, failures }) => ({
      server: new URL(url).host,
      weight,
      circuit: circuit.state(now),
      resting: restUntil > now,
      requests,
      retries,
      failures,
    }));
  }

  /** How many runs were refused because no circuit let them through. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * A session for one request. Its `run` throws as RemoteSession's does, and `Unavailable` where no server may be asked,
   * or one that was asked is busy.
   */
  session(request: PoolRequest): Session {
    const visit: Visit = { ...request, probing: new Set() };
    let closed = false;
    return {
      outputs: [],
      tokensPerRun: this.#policy.tokensPerRun,
      paddedLength: (length) => this.#policy.paddedLength(length),
      run: async (feeds, outputs, options = {}) => {
        if (closed) throw new ClozeError("disposed", "This session was closed: make a new one.");
        return this.#ask(visit, options.signal, (remote) => remote.run(feeds, outputs, options));
      },
      [Symbol.asyncDispose]: async () => {
        closed = true;
      },
    };
  }

  /**
   * Asks all servers whether they are up and have the model; one is enough. It counts for no circuit.
   *
   * @throws ClozeError as RemoteSession's `ready` does, of the first server, when none is.
   */
  async ready(request: PoolRequest, { signal }: RunOptions = {}): Promise<void> {
    const enough = new AbortController();
    const stop = signal instanceof AbortSignal ? AbortSignal.any([signal, enough.signal]) : enough.signal;
    try {
      await Promise.any(
        this.#members.map((member) => this.#connect(member, request).ready({ signal: stop })),
      );
    } catch (cause) {
      throw cause instanceof AggregateError ? cause.errors[0] : cause;
    } finally {
      enough.abort();
    }
  }

  async #ask<T>(visit: Visit, signal: Abort | undefined, ask: Ask<T>): Promise<T> {
    const { retries = 2 } = this.#options;
    const tried = new Set<Member>();
    let failed: Failed | undefined;
    for (let left = retries; ;) {
      const entered = this.#enter(tried);
      if (!entered) {
        if (visit.probing.size === 0) throw this.#refuse(failed?.error);
        await Promise.race(visit.probing); // another run of the same request is finding out
        continue;
      }
      const [member, pass] = entered;
      if (failed) member.retries++;
      const trying = this.#try(member, pass, visit, signal, ask);
      if (pass.probe) visit.probing.add(trying); // before anything is awaited, so that no other run comes between
      const result = await trying;
      visit.probing.delete(trying);
      if ("value" in result) return result.value;
      failed = result;
      tried.add(member);
      const waitMs = this.#pauseMs(tried, retries - left);
      if (!failed.again || left-- === 0 || Date.now() + waitMs >= visit.deadline) throw finalError(failed);
      await sleep(waitMs, signal);
    }
  }

  /** Chooses a server and passes its circuit, if any lets through. */
  #enter(tried: ReadonlySet<Member>): [Member, Pass] | undefined {
    const now = Date.now();
    const member = this.#draw(this.#candidates(tried, now));
    const pass = member?.circuit.enter(now);
    return member && pass && [member, pass];
  }

  #refuse(cause: unknown): Unavailable {
    this.#refused++;
    const now = Date.now();
    const waitMs = Math.min(...this.#members.map(({ circuit }) => circuit.waitMs(now)));
    return new Unavailable("No inference server answers: try again in a moment.", waitMs, cause);
  }

  /** The servers that may be asked and are best: not tried before, then not resting. */
  #candidates(tried: ReadonlySet<Member>, now: number): readonly Member[] {
    const open = this.#members.filter(({ circuit }) => circuit.waitMs(now) === 0);
    const rank = (member: Member) => (tried.has(member) ? 2 : 0) + (member.restUntil > now ? 1 : 0);
    const best = Math.min(...open.map(rank));
    return open.filter((member) => rank(member) === best);
  }

  /** One of them by chance, as their weights say. */
  #draw(members: readonly Member[]): Member | undefined {
    let left = this.#random() * members.reduce((sum, { weight }) => sum + weight, 0);
    return members.find(({ weight }) => (left -= weight) < 0) ?? members.at(-1);
  }

  /** How long to wait before another try: a moment of chance, so that many do not come back at once, or as asked. */
  #pauseMs(tried: ReadonlySet<Member>, retry: number): number {
    const now = Date.now();
    const rests = this.#candidates(tried, now).map(({ restUntil }) => restUntil - now);
    const backoff = BACKOFF_MS * 2 ** retry * (0.5 + this.#random() / 2);
    return backoff + (rests.length > 0 ? Math.max(0, Math.min(...rests)) : 0);
  }

  /** Asks one server, and tells its circuit. */
  async #try<T>(
    member: Member,
    pass: Pass,
    visit: Visit,
    signal: Abort | undefined,
    ask: Ask<T>,
  ): Promise<Result<T>> {
    const start = Date.now();
    member.requests++;
    let response: Response | undefined;
    const { fetch = this.#options.fetch ?? globalThis.fetch } = visit;
    const listen: typeof fetch = async (url, init) => (response = await fetch(url, init));
    try {
      if (pass.probe) await this.#expectBack(member, visit, signal);
      const value = await ask(this.#connect(member, { ...visit, fetch: listen }));
      member.circuit.leave(pass, "success", Date.now());
      return { value };
    } catch (error) {
      const now = Date.now();
      const { patienceMs = 1000 } = this.#options;
      const verdict = judge({ error, response, ms: now - start }, patienceMs, now);
      member.circuit.leave(pass, verdict.outcome, now);
      if (verdict.outcome === "failure") member.failures++;
      if (verdict.restMs > 0) member.restUntil = now + verdict.restMs;
      return { error, ...verdict };
    }
  }

  /** Asks a server that was away whether it is ready, so that no request hangs for one that is not. */
  async #expectBack(member: Member, visit: Visit, signal: Abort | undefined): Promise<void> {
    const until = Date.now() + member.circuit.options.probeMs / 2;
    try {
      await this.#connect(member, { ...visit, deadline: Math.min(until, visit.deadline) }).ready({ signal });
    } catch (cause) {
      if (signal?.aborted || visit.deadline < until) throw cause;
      throw new ClozeError("server-unavailable", "The inference server is not back: try again in a moment.", {
        cause,
      });
    }
  }

  #connect({ url }: Member, { deadline, headers, fetch = this.#options.fetch }: PoolRequest): RemoteSession {
    const { model, maxLength, tokensPerRun, halfHidden } = this.#options;
    return new RemoteSession({
      url,
      model,
      ...(maxLength !== undefined && { maxLength }),
      ...(tokensPerRun !== undefined && { tokensPerRun }),
      ...(halfHidden !== undefined && { halfHidden }),
      timeoutMs: Infinity,
      deadline,
      headers: { ...this.#options.headers, ...headers },
      ...(fetch && { fetch }),
    });
  }
}

function finalError({ error, restMs }: Failed): unknown {
  return restMs > 0 && error instanceof ClozeError ? new Unavailable(error.message, restMs, error) : error;
}

/** Waits, or throws `aborted` as soon as the caller has given up. */
async function sleep(ms: number, signal: Abort | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener?.("abort", done);
      resolve();
    }
    signal?.addEventListener?.("abort", done);
    if (signal?.aborted) done();
  });
  throwIfAborted(signal);
}
