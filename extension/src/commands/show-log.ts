/**
 * Show Log.
 */
import type { Command } from "../cloze.ts";

export const showLog: Command = {
  id: "cloze.showLog",
  async run({ log }) {
    log.show();
  },
};
