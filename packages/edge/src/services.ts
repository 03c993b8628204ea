/**
 * What an app has outside of itself: inference servers, plugins that are installed while it runs, keys, a cache. Each is
 * made of the options or else of the environment, once, and made anew when that changes.
 */
import { ClozeError } from "@cloze/core";
import { parseKeys } from "./auth.ts";
import type { ApiKey } from "./auth.ts";
import { AnswerCache } from "./cache.ts";
import { TRUSTED } from "./env.ts";
import type { EdgeBindings } from "./env.ts";
import type { EdgeOptions } from "./options.ts";
import { bindingBlobs } from "./plugins/blobs/binding.ts";
import { PluginStore } from "./plugins/store.ts";
import { parseServers, ServerPool } from "./servers/index.ts";

export class Services {
  readonly #options: EdgeOptions;
  readonly #pool = lastOf((key: string) => this.#makePool(key));
  readonly #keys = lastOf(parseKeys);
  readonly #store = lastOf((place: object) => this.#makeStore(place));

  constructor(options: EdgeOptions) {
    this.#options = options;
  }

  /** @throws ClozeError `server-unavailable` where no server is named, or not by an address. */
  pool(env: EdgeBindings): ServerPool {
    const { server } = this.#options;
    const { url, model } = server ?? { url: env.CLOZE_SERVER_URL, model: env.CLOZE_SERVER_MODEL };
    if (!url || !model)
      throw new ClozeError(
        "server-unavailable",
        "This service has no inference server: set CLOZE_SERVER_URL and CLOZE_SERVER_MODEL.",
      );
    return this.#pool(JSON.stringify([url, model]));
  }

  /** The headers by which the server knows this service. */
  credentials(env: EdgeBindings): Readonly<Record<string, string>> {
    return {
      ...(env.CLOZE_SERVER_KEY && { authorization: `Bearer ${env.CLOZE_SERVER_KEY}` }),
      ...(env.CLOZE_ACCESS_CLIENT_ID && { "cf-access-client-id": env.CLOZE_ACCESS_CLIENT_ID }),
      ...(env.CLOZE_ACCESS_CLIENT_SECRET && { "cf-access-client-secret": env.CLOZE_ACCESS_CLIENT_SECRET }),
    };
  }

  /**
   * The keys, or undefined where everybody may use the service, or whoever asks may.
   *
   * @throws ClozeError `server-unavailable` for keys that cannot be read: nobody gets in by a slip of the pen.
   */
  keys(env: EdgeBindings): readonly ApiKey[] | undefined {
    const text = this.#options.keys ?? env.CLOZE_KEYS;
    if (text === undefined || env[TRUSTED]) return undefined;
    try {
      return this.#keys(text);
    } catch (cause) {
      throw new ClozeError("server-unavailable", "This service's keys cannot be read: mend CLOZE_KEYS.", {
        cause,
      });
    }
  }

  /** The plugins that are installed while the app runs, where there is room for them. */
  store(env: EdgeBindings): PluginStore | undefined {
    const place = this.#options.store ?? env.CLOZE_PLUGINS;
    return place && this.#store(place);
  }

  cache(env: EdgeBindings): AnswerCache | undefined {
    const seconds = Number(env.CLOZE_CACHE_SECONDS ?? 0);
    if (!(seconds > 0)) return undefined;
    const { model, plugins: code, server } = this.#options;
    const { encoder, config, plugins, tokenizer } = model;
    const served = encoder?.sha256 ?? server?.model ?? env.CLOZE_SERVER_MODEL;
    return new AnswerCache(seconds, JSON.stringify([served, config, tokenizer.settings, plugins, code]));
  }

  #makePool(key: string): ServerPool {
    const [url, model] = JSON.parse(key) as [string, string];
    try {
      return new ServerPool({
        servers: parseServers(url),
        model,
        maxLength: this.#options.model.config.maxPositions,
        halfHidden: true,
      });
    } catch (cause) {
      throw new ClozeError(
        "server-unavailable",
        "CLOZE_SERVER_URL is not an address: write http://host:port.",
        {
          cause,
        },
      );
    }
  }

  #makeStore(place: object): PluginStore {
    const { model, plugins = [], limits } = this.#options;
    return new PluginStore({
      blobs: place === this.#options.store ? this.#options.store : bindingBlobs(place),
      config: model.config,
      encoder: model.encoder,
      reserved: [...model.plugins, ...plugins].map(({ name }) => name),
      ...(limits?.pluginBytes !== undefined && { limits: { fileBytes: limits.pluginBytes } }),
    });
  }
}

/** Makes a value, and gives the same one as long as it is asked with the same key. */
function lastOf<K, V>(make: (key: K) => V): (key: K) => V {
  let last: { readonly key: K; readonly value: V } | undefined;
  return (key) => (last?.key === key ? last : (last = { key, value: make(key) })).value;
}
