/**
 * Clear Results: the view is empty again, and so are the places in documents that results were written to.
 */
import type { Command } from "../cloze.ts";

export const clearResults: Command = {
  id: "cloze.clearResults",
  async run({ results }) {
    results.clear();
  },
};
