/**
 * A session's worker, from outside: it is asked one thing at a time, so that whoever waits can still leave, and what a
 * worker that ends has not answered is known.
 */
import { ClozeError } from "@cloze/core";
import type { Request } from "../ort/protocol.ts";
import type { SessionWorker, Start, WebReply } from "./protocol.ts";

interface Asked {
  readonly resolve: (reply: WebReply) => void;
  readonly reject: (why: ClozeError) => void;
}

export class Link {
  readonly #worker: SessionWorker;
  #asked: Asked | undefined;
  #ended: ClozeError | undefined;

  /** @param onBreak Told when the worker fails of itself; then it has ended, too. */
  constructor(worker: SessionWorker, onBreak: (why: ClozeError) => void) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<WebReply>) => {
      const asked = this.#asked;
      this.#asked = undefined;
      asked?.resolve(data);
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      if (this.#ended) return; // it failed as it was ended
      const why = new ClozeError(
        "internal",
        `The session's worker failed (${event.message || "its script cannot be loaded"}): see that the bundler wrote it, and that the page's CSP lets it run.`,
      );
      this.end(why);
      onBreak(why);
    };
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * Asks, when the last question was answered.
   *
   * @param given Buffers that are given away rather than copied.
   * @throws What `postMessage` throws, at once; why the worker ended, where it has, or does before it answers.
   */
  ask(message: Start | Request, given: Transferable[] = []): Promise<WebReply> {
    if (this.#ended) return Promise.reject(this.#ended); // a turn may come after the end
    this.#worker.postMessage(message, given);
    return new Promise((resolve, reject) => (this.#asked = { resolve, reject }));
  }

  /** Ends the worker, whatever it does. */
  end(why: ClozeError): void {
    if (this.#ended) return;
    this.#ended = why;
    this.#worker.terminate();
    this.#asked?.reject(why);
    this.#asked = undefined;
  }
}
