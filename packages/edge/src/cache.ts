/**
 * Answers kept by what was asked, in the Cache API: for texts that are no secret. What is kept is named by a hash of the
 * model, the plugins, the route and the body's bytes, so that nothing is answered from another version's cache.
 */
import { sha256 } from "@cloze/runtime/plugin";

const encoder = new TextEncoder();

/** Answers kept for so many seconds. */
export class AnswerCache {
  readonly #seconds: number;
  readonly #model: string;

  /** @param model What tells this model and its heads from others. */
  constructor(seconds: number, model: string) {
    this.#seconds = seconds;
    this.#model = model;
  }

  /** The name under which the answer to this request is kept. */
  async key(path: string, plugin: string, body: Uint8Array): Promise<string> {
    const head = encoder.encode(JSON.stringify([this.#model, path, plugin]));
    const bytes = new Uint8Array(head.length + 1 + body.length);
    bytes.set(head);
    bytes.set(body, head.length + 1);
    return `https://cache.cloze.invalid/${await sha256(bytes)}`;
  }

  async find(key: string): Promise<string | undefined> {
    return (await (await open())?.match(key))?.text();
  }

  async keep(key: string, json: string): Promise<void> {
    const headers = { "content-type": "application/json", "cache-control": `max-age=${this.#seconds}` };
    await (await open())?.put(key, new Response(json, { headers }));
  }
}

/** The host's cache, where it has one. */
async function open(): Promise<Cache | undefined> {
  return typeof caches === "undefined" ? undefined : caches.open("cloze-answers");
}
