/** What an app is made of, and the most that one request may ask of it. */
import type { CodePlugin, ModelDescription } from "@cloze/core";
import type { Blobs } from "./plugins/blobs.ts";
import type { RunLimits } from "./routes/run.ts";

/** What a Worker holds of a model whose weights are elsewhere: what `readModel` gives, and which encoder it is of. */
export interface EdgeModel extends Pick<ModelDescription, "tokenizer" | "config" | "plugins"> {
  /** The SHA-256 of the encoder's weights. Without it no plugin can be installed: none is known to fit. */
  readonly encoder?: { readonly name?: string; readonly sha256: string };
}

/** What an app serves. What is left out is read from the Worker's environment. */
export interface EdgeOptions {
  readonly model: EdgeModel;
  /**
   * The inference server, or several: `http://a:9000;weight=2, http://b:9000`; by default the variables CLOZE_SERVER_URL
   * and CLOZE_SERVER_MODEL name it.
   */
  readonly server?: { readonly url: string; readonly model: string };
  /** Plugins that are code. */
  readonly plugins?: readonly CodePlugin[];
  /** Where plugins are kept that are installed while the app runs; by default the binding CLOZE_PLUGINS. */
  readonly store?: Blobs;
  /** Who may use it, one key a line: `NAME use|admin SHA256`; by default the secret CLOZE_KEYS. */
  readonly keys?: string;
  readonly limits?: Partial<EdgeLimits>;
  /** The demo page at `/`: the text of `@cloze/edge/page.html`. Without it there is none. */
  readonly page?: string;
}

/** The most that one request may ask for. */
export interface EdgeLimits extends RunLimits {
  /** The most bytes of a request's body: 1 MiB by default. */
  readonly bodyBytes: number;
  /** The most bytes of a plugin in one file: 8 MiB by default. */
  readonly pluginBytes: number;
  /** The most inputs of one request: 64 by default. */
  readonly inputs: number;
  /**
   * The most tokens of the windows over long texts that are held at once, 2^18 by default. A window counts as long as
   * it may be. They are made before the first one runs, and a great overlap makes one a token of the text. So are the
   * contexts of `/v1/choose`, one a choice. Also the most tokens that are answered one by one, as `/v1/tokenize` does, and the
   * most words that `/v1/fill` gives.
   */
  readonly windowTokens: number;
  /**
   * The most rows that a request may take of a model that is asked for its whole vocabulary, as `joint` and `pieces` of
   * `/v1/fill` do: 1024 by default. Of a list that is answered in parts, each part has its share.
   */
  readonly vocabularyRows: number;
  /** How long a request may take, in milliseconds: 30 000 by default. One may ask for less: X-Request-Timeout. */
  readonly timeoutMs: number;
}

export const usualLimits: EdgeLimits = {
  bodyBytes: 2 ** 20,
  pluginBytes: 2 ** 23,
  inputs: 64,
  windowTokens: 2 ** 18,
  vocabularyRows: 1024, // 120 KB each, for a vocabulary of 30 000
  timeoutMs: 30_000,
};
