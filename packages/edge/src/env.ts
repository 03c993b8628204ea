/** What a request carries on its way through the app. */
import type { Timing } from "./timing.ts";

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
