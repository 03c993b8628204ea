/**
 * The service for other Workers of the same account: over a service binding they call its tasks as methods, and none of
 * it goes over the network. What is refused, and how, is as over HTTP: the methods ask the app in this isolate.
 */
import { createClient, taskNames } from "../client/index.ts";
import type { Client, Fields, Readiness, RequestOptions, Tasks } from "../client/index.ts";
import type { PluginInfos, RemoteTask } from "../client/index.ts";
import { TRUSTED } from "../env.ts";
import type { EdgeBindings } from "../env.ts";

/** A task as another Worker calls it: one input or an array. Options must be cloneable, so no signal is among them. */
interface ServiceTask<I, O, Options> {
  (inputs: readonly I[], options?: Options & ServiceOptions): Promise<O[]>;
  (input: I, options?: Options & ServiceOptions): Promise<O>;
}

type ServiceOptions = Pick<RequestOptions, "timeoutMs">;

type ServiceTasks = {
  [Name in keyof Tasks]: Tasks[Name] extends RemoteTask<infer I, infer O, infer Options>
    ? ServiceTask<I, O, Options>
    : never;
};

/** What a service binding to the entry point offers. */
export interface ClozeService extends ServiceTasks {
  /** Runs a plugin: it takes what its task takes. */
  run(name: string, input: string | object, options?: Fields & ServiceOptions): Promise<Fields>;
  plugins(): Promise<PluginInfos>;
  /** Whether the service and its inference servers are well; throws where it is not ready. */
  ready(): Promise<Readiness>;
  /** The app itself, for what needs HTTP: streams, installing plugins, keys. */
  fetch(request: Request): Promise<Response>;
}

/** The app, as `createApp` makes it. */
interface App {
  fetch(request: Request, env: EdgeBindings, ctx: never): Response | Promise<Response>;
}

type Class = abstract new (...given: never[]) => object;

/** A class that extends such a class, with the service's methods. */
type ServiceClass<Base extends Class> = new (
  ...given: ConstructorParameters<Base>
) => InstanceType<Base> & ClozeService;

/**
 * Makes the entry point that other Workers bind to. A binding is given by who owns the account, so whoever has one needs
 * no key to run what is there, and no rate limit stands before it.
 *
 * @param base `WorkerEntrypoint` of `cloudflare:workers`, which only the Worker itself can import.
 * @example
 * const Cloze = createService(WorkerEntrypoint, app);
 * const cloze = new Cloze(ctx, {});
 * const { tokens } = await cloze.tokenize("a warm film");
 * tokens.length; // 5
 */
export function createService<Base extends Class>(base: Base, app: App): ServiceClass<Base> {
  const Entrypoint = base as unknown as abstract new (ctx: never, env: EdgeBindings) => object;
  class Service extends Entrypoint {
    readonly #client: Client;
    readonly #ask: (request: Request, env: EdgeBindings) => Promise<Response>;
    readonly #env: EdgeBindings;

    constructor(ctx: never, env: EdgeBindings) {
      super(ctx, env);
      const { CLOZE_RATE_LIMIT: _, ...others } = env;
      const trusted: EdgeBindings = { ...others, [TRUSTED]: true };
      this.#env = env;
      this.#ask = async (request, known) => app.fetch(request, known, ctx);
      const fetch = (url: string, init: RequestInit) => this.#ask(new Request(url, init), trusted);
      this.#client = createClient({ url: "https://cloze.invalid", fetch });
    }

    static {
      for (const name of taskNames)
        Object.defineProperty(this.prototype, name, {
          value(this: Service, ...given: unknown[]) {
            return (this.#client[name] as (...given: unknown[]) => unknown)(...given);
          },
        });
    }

    run(name: string, input: string | object, options?: Fields): Promise<Fields> {
      return this.#client.plugins.run(name, input, options);
    }

    plugins(): Promise<PluginInfos> {
      return this.#client.plugins.list();
    }

    ready(): Promise<Readiness> {
      return this.#client.ready();
    }

    fetch(request: Request): Promise<Response> {
      return this.#ask(request, this.#env);
    }
  }
  return Service as unknown as ServiceClass<Base>;
}
