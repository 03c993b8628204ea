/** What a request carries on its way through the app. */
import type { Timing } from "./timing.ts";

/** What Hono is told of the app: the Worker's variables, and what a request carries along. */
export interface EdgeEnv {
  /** Variables of the Worker (wrangler.jsonc): where its inference server is. */
  Bindings: {
    readonly CLOZE_SERVER_URL?: string;
    readonly CLOZE_SERVER_MODEL?: string;
  };
  Variables: {
    requestId: string;
    timing: Timing;
  };
}
