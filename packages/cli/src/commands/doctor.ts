/** `cloze doctor`: whether this machine can run Cloze, and what to do where it cannot. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { Io } from "../io.ts";
import { port as portNumber, shared } from "../options.ts";
import { formatOf, printOne } from "../output.ts";
import { styleOf } from "../style.ts";

interface Check {
  readonly name: string;
  /** What was found; throws where it is not well. */
  readonly run: () => Promise<string>;
}

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
}

export function addDoctor(program: Command, io: Io): void {
  program
    .command("doctor")
    .description("check this machine")
    .addOption(shared.model)
    .addOption(
      new Option("--port <port>", "the port that serve would take")
        .argParser(portNumber)
        .default(8787)
        .env("PORT"),
    )
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText("after", "\nExample:\n  $ cloze doctor")
    .action(async (options) => {
      const people = formatOf(options) === "table";
      const style = styleOf(io.stdout, io.env);
      const findings: Finding[] = [];
      for (const check of checks(options.model, options.port)) {
        const finding = await find(check);
        findings.push(finding);
        const mark = finding.ok ? style.good("ok") : style.bad("no");
        if (people) await io.stdout.write(`${mark}  ${finding.name.padEnd(12)}  ${finding.message}\n`);
      }
      const ok = findings.every((finding) => finding.ok);
      if (!people) await printOne({ ok, checks: findings }, () => "", options, io);
      if (!ok) io.exitCode = 1;
    });
}

async function find({ name, run }: Check): Promise<Finding> {
  try {
    return { name, ok: true, message: await run() };
  } catch (error) {
    return { name, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function checks(model: string | undefined, port: number): Check[] {
  return [
    { name: "Node", run: checkNode },
    { name: "Model", run: () => checkModel(model) },
    { name: "ONNX Runtime", run: () => checkRuntime(model) },
    { name: "Port", run: () => checkPort(port) },
    { name: "Worker", run: checkWorker },
  ];
}

const OLDEST_NODE = [22, 12] as const;

async function checkNode(): Promise<string> {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return process.versions.node;
  throw new Error(`Node is ${process.versions.node}: install ${OLDEST_NODE.join(".")} or later.`);
}

/** Reads all of the folder but the weights' values; the heads' encoder is known by its hash. */
async function checkModel(model: string | undefined): Promise<string> {
  const { openFolder } = await import("@cloze/runtime/node");
  const { modelFolder, modelName } = await import("../model.ts");
  const { architecture, plugins, tensors } = await openFolder(modelFolder(model));
  return `${modelName(model)} is whole: ${architecture}, ${tensors.size} tensors, heads ${plugins.map((plugin) => plugin.name).join(", ")}`;
}

async function checkRuntime(model: string | undefined): Promise<string> {
  const { loadModel } = await import("../model.ts");
  const start = performance.now();
  await using bert = await loadModel({ model, device: "cpu" });
  const loaded = performance.now();
  await bert.embed("a warm film");
  const ran = performance.now();
  return `loads in ${Math.round(loaded - start)} ms, runs a short text in ${Math.round(ran - loaded)} ms`;
}

async function checkPort(port: number): Promise<string> {
  const { expectFree } = await import("../workerd.ts");
  await expectFree("127.0.0.1", port);
  return `${port} is free`;
}

async function checkWorker(): Promise<string> {
  const { startWorker } = await import("../workerd.ts");
  const script = `export default { fetch: () => new Response("ok") };`;
  const start = performance.now();
  await using worker = await startWorker({ modules: { "doctor.js": script }, host: "127.0.0.1", port: 0 });
  const answer = await (await fetch(worker.url)).text();
  if (answer !== "ok") throw new Error("workerd started, but answered nonsense: is a proxy between?");
  return `workerd answers after ${Math.round(performance.now() - start)} ms`;
}
