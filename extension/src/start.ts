/**
 * Puts the extension together. But for the names of plugins, which are commands, nothing is read and nothing runs before a
 * command asks for it.
 */
import * as vscode from "vscode";
import { CodePlugins } from "./api/code-plugins.ts";
import { makeExports } from "./api.ts";
import type { Cloze } from "./cloze.ts";
import { registerCodeActions } from "./code-actions.ts";
import { commands } from "./commands/index.ts";
import { registerCommand } from "./commands/register.ts";
import { registerPluginCommands } from "./commands/run-plugin.ts";
import { Engine } from "./engine/engine.ts";
import { Failure } from "./engine/failure.ts";
import type { Transport } from "./engine/transport.ts";
import { WebviewTransport } from "./engine/webview-transport.ts";
import { Highlights } from "./entities/highlights.ts";
import { registerTools } from "./language-model-tools.ts";
import { settings } from "./settings.ts";
import { StatusItem } from "./status-item.ts";
import { Models } from "./store/models.ts";
import { Plugins } from "./store/plugins.ts";
import { Answers } from "./views/answers.ts";
import { ResultsView } from "./views/results-view.ts";
import { TokensPanel } from "./views/tokens-panel.ts";

/** Settings that a running engine cannot take up. */
const STARTED_WITH = ["cloze.engine.host", "cloze.engine.device", "cloze.engine.precision", "cloze.model"];

/**
 * @param worker The engine's place in a host that is a worker itself.
 * @returns What other extensions get.
 */
export function start(context: vscode.ExtensionContext, worker?: Transport): unknown {
  const log = vscode.window.createOutputChannel("Cloze", { log: true });
  const models = new Models(context);
  const plugins = new Plugins(context);
  const webview = new WebviewTransport(context.extensionUri, [context.globalStorageUri]);
  const engine = new Engine({
    log,
    memory: context.globalState,
    idleTime: () => settings().get("engine.unloadAfter") * 60_000,
    async start() {
      const { location, folder, sha256 } = await models.current();
      const [script, installed] = await Promise.all([
        vscode.workspace.fs.readFile(vscode.Uri.joinPath(context.extensionUri, "engine.js")),
        plugins.readFor(sha256),
      ]);
      return {
        transport: chooseTransport(webview, worker),
        script: new TextDecoder().decode(script),
        model: folder,
        runtime: vscode.Uri.joinPath(context.extensionUri, "runtime"),
        options: {
          location,
          device: settings().get("engine.device"),
          precision: settings().get("engine.precision"),
          plugins: installed,
        },
      };
    },
  });
  const codePlugins = new CodePlugins(engine);
  const results = new ResultsView();
  const answers = new Answers();
  const tokens = new TokensPanel(context.extensionUri);
  const entities = new Highlights(engine, log);
  const cloze: Cloze = {
    context,
    log,
    engine,
    models,
    plugins,
    codePlugins,
    results,
    answers,
    tokens,
    entities,
  };
  context.subscriptions.push(
    log,
    webview,
    engine,
    plugins,
    codePlugins,
    results,
    answers,
    tokens,
    results.onDidClear(() => answers.clear()),
    entities,
    registerTools(engine),
    registerCodeActions(),
    new StatusItem(engine),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (STARTED_WITH.some((setting) => change.affectsConfiguration(setting)))
        engine.stop(vscode.l10n.t("A setting of the engine was changed: try again."));
      if (change.affectsConfiguration("cloze.engine.unloadAfter")) engine.restAnew();
    }),
    ...commands.map((command) => registerCommand(cloze, command)),
    registerPluginCommands(cloze),
  );
  return makeExports(cloze);
}

/** Where the engine runs: in a worker where the host has WebGPU and workers, unless the setting says otherwise. */
function chooseTransport(webview: Transport, worker: Transport | undefined): Transport {
  const wanted = settings().get("engine.host");
  if (wanted === "worker" && !worker)
    throw new Failure(
      "unsupported",
      vscode.l10n.t("This extension host is no web worker: set cloze.engine.host to auto or webview."),
    );
  if (!worker || wanted === "webview") return webview;
  const fits = wanted === "worker" || settings().get("engine.device") === "wasm" || "gpu" in navigator;
  return fits ? worker : webview;
}
