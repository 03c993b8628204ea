/** A plugin under its own name: answered as its head's task is, or by its own code. */
import { findHead } from "@cloze/core";
import type { CodePlugin, Plugin } from "@cloze/core";
import * as z from "zod";
import { object } from "../inputs.ts";
import { route, texts } from "./route.ts";
import type { Route } from "./route.ts";

/** The route of a head: its task's, but that the plugin is named already. */
export function headRoute(tasks: readonly Route[], { name, kind }: Plugin): Route {
  const task = tasks.find((one) => one.kind !== undefined && findHead(one.kind) === findHead(kind))!; // all heads have one
  return {
    ...task,
    options: task.options.omit({ plugin: true }),
    run: (host, inputs, options, run) => task.run(host, inputs, { ...options, plugin: name }, run),
  };
}

/** The route of a plugin of code: it takes texts, and what it gives is its own matter. */
export function codeRoute({ name, title }: CodePlugin): Route {
  return route({
    name,
    summary: title,
    input: texts,
    options: object({}),
    answer: z.record(z.string(), z.unknown()),
    example: { text: "a warm , funny film" },
    run: async (host, inputs, _, run) =>
      (await (await host.predictor()).loaded(name).run([...inputs], { ...run })) as Record<string, unknown>[],
  });
}
