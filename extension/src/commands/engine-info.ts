/**
 * Engine Info: a document that says what computes, and how fast, made to be read and to be copied into a report.
 */
import * as vscode from "vscode";
import type { Cloze, Command } from "../cloze.ts";
import type { Measured } from "../engine-worker/measure.ts";
import { adapterName, deviceName, duration, format, hostName, size } from "../engine/facts.ts";
import type { EngineInfo } from "../engine/protocol.ts";
import { settings } from "../settings.ts";
import { makeCard } from "../views/cards.ts";
import { during } from "./during.ts";

/** What runs, as it is told and measured. */
interface Facts extends EngineInfo {
  readonly host: string;
  readonly startTime: number;
  readonly measured: Measured;
}

type Row = readonly [string, string];

export const engineInfo: Command = {
  id: "cloze.engineInfo",
  async run(cloze) {
    const { engine } = cloze;
    const facts = await during(vscode.l10n.t("Measuring the engine"), async (run): Promise<Facts> => {
      const measured = await engine.run("measure", {}, run);
      return { ...(await engine.info()), measured };
    });
    const card = makeCard(cloze, "Cloze Engine", describe(cloze, facts));
    await vscode.window.showTextDocument(card, { preview: true });
    return facts;
  },
};

function describe({ context }: Cloze, facts: Facts): string {
  const { t } = vscode.l10n;
  const { device, adapter, fallback, model, plugins, refused, timings, measured } = facts;
  const phases: Readonly<Record<string, string>> = {
    download: t("Reading the model"),
    session: t("Making the session"),
    warmUp: t("Warming up"),
    total: t("All of that"),
  };
  const version = (context.extension.packageJSON as { version: string }).version;
  const sections: readonly (readonly [string, readonly Row[]])[] = [
    [
      t("Engine"),
      [
        [t("Device"), deviceName(device)],
        [t("Why"), fallback ?? t("The setting cloze.engine.device is {0}.", settings().get("engine.device"))],
        [t("Graphics card"), adapter ? adapterName(adapter) : t("none that the browser gives")],
        [t("Precision"), facts.precision],
        [t("Runs in"), hostName(facts.host)],
      ],
    ],
    [
      t("Model"),
      [
        [t("Name"), model.name],
        [t("Layers"), `${model.layers} × ${model.hiddenSize}`],
        [t("Parameters"), t("{0} million", format(measured.parameters / 1e6, 1))],
        [t("Longest input"), t("{0} tokens", model.maxLength)],
        ["SHA-256", model.sha256],
      ],
    ],
    [
      t("Plugins"),
      [
        ...plugins.map(({ name, title, version: of, labels }): Row => {
          const what = `${title} ${of}`;
          return [name, labels.length === 0 ? what : `${what}: ${labels.join(", ")}`];
        }),
        ...refused.map((why): Row => [t("refused"), why]),
      ],
    ],
    [
      t("Time"),
      [
        [t("From start to ready"), duration(facts.startTime)],
        ...Object.entries(timings).map(([name, time]): Row => [phases[name] ?? name, duration(time)]),
        [t("A short text, first"), duration(measured.first)],
        [t("A short text, warm"), duration(measured.warm)],
      ],
    ],
    [
      t("Memory"),
      [
        [t("Weights of the encoder"), size(measured.parameters * (facts.precision === "fp16" ? 2 : 4))],
        [
          t("Heap of the engine"),
          measured.heap === undefined ? t("not told by the browser") : size(measured.heap),
        ],
      ],
    ],
    [
      t("Versions"),
      [
        ["Cloze", version],
        ["VS Code", `${vscode.version}, ${vscode.env.appName}, ${vscode.env.appHost}`],
        ["ONNX Runtime", measured.onnxRuntime ?? "?"],
        [t("Browser"), measured.browser],
      ],
    ],
  ];
  return (
    [`# ${t("The engine of Cloze")}`, ...sections.map(([title, rows]) => section(title, rows))].join("\n\n") +
    "\n"
  );
}

/** Markdown that reads well as text, in an editor of any width. */
function section(title: string, rows: readonly Row[]): string {
  return [`## ${title}`, "", ...rows.map(([name, value]) => `- ${name}: ${value}`)].join("\n");
}
