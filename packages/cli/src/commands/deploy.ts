/** `cloze deploy`: a plugin goes live on a service that runs, is rolled back or removed. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { DeployedPlugin, Deployment } from "../deployment.ts";
import type { Io } from "../io.ts";
import { shared } from "../options.ts";
import { oneLine, table } from "../style.ts";
import type { Style } from "../style.ts";

const examples = `
The service is by default the one that cloze serve starts on this machine, which asks for no key.

Examples:
  $ cloze deploy plugin plugins/moods
  $ CLOZE_KEY=… cloze deploy plugin moods.cloze --to https://cloze.example.workers.dev
  $ cloze deploy list --to https://cloze.example.workers.dev
  $ cloze deploy rollback moods
  $ cloze deploy remove moods`;

const to = new Option("--to <url>", "the service's address")
  .env("CLOZE_URL")
  .default("http://127.0.0.1:8787");
const key = new Option("--key <key>", "a key of the service, with the scope admin").env("CLOZE_KEY");

/** A digest as people tell it from others. */
const SHORT = 12;
/** The least of a digest that is taken for one: `1` is rather half a version. */
const LEAST = 8;

export function addDeploy(program: Command, io: Io): void {
  const deploy = program
    .command("deploy")
    .description("put a plugin on a service that runs")
    .addHelpText("after", examples);

  deploy
    .command("plugin")
    .description("put a plugin there, in the place of one of its name, and try it")
    .argument("<plugin>", "its folder, or its .cloze file")
    .addOption(to)
    .addOption(key)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText("after", examples)
    .action(async (place, { to: url, key: secret, ...format }) => {
      const { Deployment, packPlugin } = await import("../deployment.ts");
      const { printOne } = await import("../output.ts");
      const service = new Deployment(url, secret);
      const packed = await packPlugin(place);
      const { plugin } = packed;
      const { name, version, sha256 } = await service.put(packed);
      const [input] = plugin.examples;
      const answer = input && (await tryOut(service, name, input, io));
      const tried = answer === undefined ? {} : { input, answer };
      const route = service.routeOf(name);
      await printOne(
        { name, version, sha256, url: route, ...tried },
        (style) => live({ name, version, route, input, answer, secret }, style),
        format,
        io,
      );
    });

  deploy
    .command("list")
    .description("list the plugins that are there")
    .addOption(to)
    .addOption(key)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText("after", examples)
    .action(async ({ to: url, key: secret, ...format }) => {
      const { Deployment } = await import("../deployment.ts");
      const { Printer } = await import("../output.ts");
      const plugins = await new Deployment(url, secret).list();
      const lines = table(plugins.map(rowOf));
      const view = {
        columns: ["name", "version", "source", "what", "sha256"],
        row: rowOf,
        text: (_: DeployedPlugin, i: number) => lines[i],
      };
      const printer = new Printer<number, DeployedPlugin>(view, format, io);
      for (const [i, plugin] of plugins.entries()) await printer.print(i, plugin);
      await printer.end();
    });

  deploy
    .command("rollback")
    .description("make a version live that was there before")
    .argument("<name>", "the plugin")
    .argument("[version]", "a version, or 8 digits of its hash or more (default: the one before)")
    .addOption(to)
    .addOption(key)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText("after", examples)
    .action(async (name, wanted, { to: url, key: secret, ...format }) => {
      const { Deployment } = await import("../deployment.ts");
      const { printOne } = await import("../output.ts");
      const service = new Deployment(url, secret);
      const chosen = await choose(await service.find(name), wanted);
      const { version, sha256 } = await service.activate(name, chosen);
      const text = `${name} ${version} (${sha256?.slice(0, SHORT)}) is live at ${service.routeOf(name)}`;
      await printOne({ name, version, sha256, url: service.routeOf(name) }, () => text, format, io);
    });

  deploy
    .command("remove")
    .description("remove a plugin, with all of its versions")
    .argument("<name>", "the plugin")
    .addOption(to)
    .addOption(key)
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText("after", examples)
    .action(async (name, { to: url, key: secret, ...format }) => {
      const { Deployment } = await import("../deployment.ts");
      const { printOne } = await import("../output.ts");
      await new Deployment(url, secret).remove(name);
      await printOne({ name, removed: true }, () => `${name} is removed`, format, io);
    });
}

/** The plugin's answer; that it has none now does not take back that it is live. */
async function tryOut(service: Deployment, name: string, input: object, io: Io): Promise<unknown> {
  try {
    return await service.run(name, input);
  } catch (error) {
    await io.stderr.write(`It is live, but its first example fails: ${(error as Error).message}\n`);
    return undefined;
  }
}

function live(
  {
    name,
    version,
    route,
    input = { text: "…" },
    answer,
    secret,
  }: {
    readonly name: string;
    readonly version: string;
    readonly route: string;
    readonly input: object | undefined;
    readonly answer: unknown;
    readonly secret: string | undefined;
  },
  style: Style,
): string {
  const body = JSON.stringify(input);
  const quoted = `'${body.replaceAll("'", "'\\''")}'`;
  const header = secret === undefined ? "" : ` -H "authorization: Bearer $CLOZE_KEY"`;
  return [
    `${style.good(`${name} ${version} is live`)} at ${route}`,
    ...(answer === undefined ? [] : [`  ${oneLine(body)}\n  ${oneLine(JSON.stringify(answer))}`]),
    `\n  curl -s ${route} -H 'content-type: application/json'${header} \\\n    -d ${quoted}`,
  ].join("\n");
}

/** The hash of the version that is asked for; of the one before the one that is live. */
async function choose(
  { name, sha256, versions = [] }: DeployedPlugin,
  wanted: string | undefined,
): Promise<string> {
  const place = versions.findIndex((one) => one.sha256 === sha256);
  const found =
    wanted === undefined
      ? versions[place + 1]
      : (versions.find(({ version }) => version === wanted) ??
        (wanted.length >= LEAST ? versions.find((one) => one.sha256.startsWith(wanted)) : undefined));
  if (found) return found.sha256;
  const { ClozeError } = await import("@cloze/core");
  const told = versions.map((one) => `${one.version} (${one.sha256.slice(0, SHORT)})`).join(", ") || "none";
  const message =
    wanted === undefined
      ? `The plugin ${name} has no version before the one that is live; it has: ${told}.`
      : `The plugin ${name} has no version ${wanted}; it has: ${told}.`;
  throw new ClozeError("not-found", message, { field: "version" });
}

function rowOf({ name, version, source, kind, labels, sha256, error }: DeployedPlugin): string[] {
  const what = error ? error.message : `${kind ?? "code"}${labels?.length ? `: ${labels.join(", ")}` : ""}`;
  return [name, version ?? "", source, oneLine(what), sha256?.slice(0, SHORT) ?? ""];
}
