/** The whole way with real weights, over our own server. */
import { startServer } from "@cloze/server";
import { describe } from "vitest";
import { itIsTheStarter } from "./starter-suite.ts";

describe("the starter over HTTP", () => {
  itIsTheStarter(({ session, config }) => startServer({ session, config, model: "cloze-starter" }));
});
