/**
 * Where a request's time went, for the Server-Timing header: tokenizing (with reading and checking the body), the
 * inference server as seen from here, its own queue and inference, the heads. A deployed Worker's clock stands
 * still while it computes and moves only when it waits, so there tokenizing and heads read 0.
 */
export class Timing {
  readonly #start = performance.now();
  #sent: number | undefined;
  #received: number | undefined;
  readonly #server = new Map([
    ["queue", 0],
    ["inference", 0],
  ]);

  readonly #base: (url: string, init: RequestInit) => Promise<Response>;

  /** @param base What fetches. */
  constructor(base: (url: string, init: RequestInit) => Promise<Response>) {
    this.#base = base;
  }

  /** Fetches, with its time taken. Of several runs the slowest counts. */
  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    this.#sent ??= performance.now();
    const response = await this.#base(url, init);
    this.#received = performance.now();
    const said = response.headers.get("server-timing") ?? "";
    for (const [, name, ms] of said.matchAll(/\b(queue|inference);dur=(\d+(?:\.\d+)?)/g))
      this.#server.set(name, Math.max(this.#server.get(name) ?? 0, Number(ms)));
    return response;
  };

  /** The header's value, in milliseconds. */
  header(): string {
    const end = performance.now();
    const parts: [name: string, ms: number][] = [["tokenize", (this.#sent ?? end) - this.#start]];
    if (this.#sent !== undefined) {
      const received = this.#received ?? end;
      parts.push(["server", received - this.#sent], ...this.#server, ["head", end - received]);
    }
    parts.push(["total", end - this.#start]);
    return parts.map(([name, ms]) => `${name};dur=${ms.toFixed(1)}`).join(", ");
  }
}
