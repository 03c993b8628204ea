/**
 * Plugins over HTTP: what there is, and to install, roll back and remove while the service runs. To run one is its
 * task's matter; what is told of them stands in `answers.ts`.
 */
import { ClozeError } from "@cloze/core";
import type { Context } from "hono";
import { parseJson, readBytes, readJsonBytes } from "../body.ts";
import { bindings } from "../env.ts";
import type { EdgeEnv } from "../env.ts";
import { check } from "../inputs.ts";
import { schemaOfInput, schemaOfOutput } from "../operation.ts";
import type { JsonSchema, Mounted } from "../operation.ts";
import type { EdgeLimits, EdgeOptions } from "../options.ts";
import { Refusal } from "../problem.ts";
import type { Services } from "../services.ts";
import {
  listSchema,
  pluginSchema,
  tellBundled,
  tellCode,
  tellInstalled,
  tellStored,
  versionBody,
} from "./answers.ts";
import type { PluginList } from "./answers.ts";
import { PLUGIN_NAME } from "./pointer.ts";
import type { PluginStore } from "./store.ts";

const FILE_TYPES = ["application/zip", "application/octet-stream"] as const;
const FILE_TYPE = /^application\/(?:zip|octet-stream)\s*(?:;.*)?$/i;
/** Bytes of the JSON that names a version. */
const VERSION_BYTES = 4096;

const LIST = "/v1/plugins";
const ONE = `${LIST}/{name}`;
const parameters: Readonly<Record<string, JsonSchema>> = {
  name: { type: "string", pattern: PLUGIN_NAME.source },
};
const told = { "application/json": schemaOfOutput(pluginSchema) };
const refused = [400, 413, 415, 422, 503, 504] as const;

/** The routes, all but the one that runs a plugin. */
export function pluginRoutes(
  { model: { plugins: bundled }, plugins: code = [] }: EdgeOptions,
  { pluginBytes }: EdgeLimits,
  services: Services,
): readonly Mounted[] {
  const storeOf = (c: Context<EdgeEnv>) => services.store(bindings(c));

  /** The name that is asked for, and where it may be changed. */
  function open(c: Context<EdgeEnv>): { readonly name: string; readonly store: PluginStore } {
    const name = nameOf(c);
    if ([...bundled, ...code].some((plugin) => plugin.name === name))
      throw new Refusal(
        403,
        `The plugin ${name} is part of this service: install another under another name.`,
      );
    const store = storeOf(c);
    if (store) return { name, store };
    throw new ClozeError(
      "unsupported",
      "This service keeps no plugins: bind a KV namespace or an R2 bucket as CLOZE_PLUGINS, and deploy it again.",
    );
  }

  return [
    {
      operation: {
        method: "get",
        path: LIST,
        id: "listPlugins",
        summary: "Lists the plugins",
        tag: "Plugins",
        scope: "use",
        answers: {
          200: {
            description: "All that there are.",
            content: { "application/json": schemaOfOutput(listSchema) },
          },
        },
        problems: [503, 504],
      },
      async handle(c) {
        const installed = (await storeOf(c)?.list()) ?? [];
        const plugins = [...bundled.map(tellBundled), ...code.map(tellCode), ...installed.map(tellStored)];
        return c.json({ plugins } satisfies PluginList);
      },
    },
    {
      operation: {
        method: "get",
        path: ONE,
        id: "getPlugin",
        summary: "Tells of a plugin",
        tag: "Plugins",
        scope: "use",
        parameters,
        answers: { 200: { description: "What it is.", content: told } },
        problems: [404, 422, 503, 504],
      },
      async handle(c) {
        const name = nameOf(c);
        const own = bundled.find((plugin) => plugin.name === name);
        if (own) return c.json(tellBundled(own));
        const coded = code.find((plugin) => plugin.name === name);
        if (coded) return c.json(tellCode(coded));
        const installed = await storeOf(c)?.get(name);
        if (installed) return c.json(tellInstalled(installed));
        throw noPlugin(name);
      },
    },
    {
      operation: {
        method: "put",
        path: ONE,
        id: "putPlugin",
        summary: "Installs a plugin, in the place of an installed one of its name",
        tag: "Plugins",
        scope: "admin",
        parameters,
        body: {
          types: FILE_TYPES,
          schema: { type: "string", format: "binary", description: "The plugin in one file: a .cloze." },
        },
        answers: {
          200: { description: "It is live in the place of another.", content: told },
          201: { description: "It is live.", content: told },
        },
        problems: refused,
      },
      async handle(c) {
        const { name, store } = open(c);
        const what = "the plugin in one file (.cloze), with the header Content-Type: application/zip";
        const bytes = await readBytes(c.req.raw, FILE_TYPE, pluginBytes, what);
        const { created, ...installed } = await store.install(name, bytes);
        return c.json(tellInstalled(installed), created ? 201 : 200);
      },
    },
    {
      operation: {
        method: "put",
        path: `${ONE}/version`,
        id: "rollBackPlugin",
        summary: "Makes a file live that was installed before",
        tag: "Plugins",
        scope: "admin",
        parameters,
        body: {
          types: ["application/json"],
          schema: schemaOfInput(versionBody),
          example: { version: "1.0.0" },
        },
        answers: { 200: { description: "It is live.", content: told } },
        problems: [404, ...refused],
      },
      async handle(c) {
        const { name, store } = open(c);
        const { version } = check(versionBody, parseJson(await readJsonBytes(c.req.raw, VERSION_BYTES)), []);
        return c.json(tellInstalled(await store.activate(name, version)));
      },
    },
    {
      operation: {
        method: "delete",
        path: ONE,
        id: "deletePlugin",
        summary: "Removes a plugin with all its files",
        tag: "Plugins",
        scope: "admin",
        parameters,
        answers: { 204: { description: "It is gone." } },
        problems: [404, 422, 503, 504],
      },
      async handle(c) {
        const { name, store } = open(c);
        await store.remove(name);
        return c.body(null, 204);
      },
    },
  ];
}

/** The error of a name that no plugin has. */
export function noPlugin(name: string): ClozeError {
  return new ClozeError(
    "not-found",
    `There is no plugin named ${name.slice(0, 80)}: GET ${LIST} lists them.`,
  );
}

function nameOf(c: Context<EdgeEnv>): string {
  return c.req.param("name") ?? "";
}
