/**
 * Which plugin: asked where there are several, with the last one first.
 */
import * as vscode from "vscode";
import type { RunOptions } from "@cloze/core";
import type { Cloze } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";
import { during } from "./during.ts";
import { faces } from "./plugin-faces.ts";
import type { Face } from "./plugin-faces.ts";

/** A plugin that can be run, wherever it is from. */
export interface Runnable {
  readonly name: string;
  readonly title: string;
  readonly labels: readonly string[];
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly face: Face;
  run(inputs: readonly object[], run: RunOptions): Promise<object[]>;
}

/** Heads that came inside a model are titled by their class. */
const OWN_HEAD = /^BertFor/;
/** Labels and metrics that are told of a plugin. */
const FEW_LABELS = 8;
const FEW_METRICS = 2;

/** All plugins: the model's, those that were installed, and those of code. */
export async function listPlugins({ engine, codePlugins }: Cloze): Promise<Runnable[]> {
  const { plugins } = await during(vscode.l10n.t("Starting the engine"), (run) => engine.info(run));
  const heads = plugins.map((plugin): Runnable => ({
    ...plugin,
    title: OWN_HEAD.test(plugin.title) ? faces[plugin.task].title : plugin.title,
    face: faces[plugin.task],
    run: (inputs, run) => engine.run("plugin", { name: plugin.name, inputs }, run),
  }));
  const code = codePlugins.all.map(({ name, title }): Runnable => ({
    name,
    title,
    labels: [],
    metrics: {},
    face: faces.code,
    run: (inputs, run) => codePlugins.run(name, inputs as { text: string }[], run),
  }));
  return [...heads, ...code];
}

/**
 * Asks for one of several plugins; of one only it asks nothing.
 *
 * @param use What it is chosen for: the last choice is remembered by it.
 * @param wanted A name that somebody set. Where there is no such plugin, that is said, and asked.
 * @throws Failure `aborted` where nothing is chosen.
 */
export async function pickPlugin(
  { context: { workspaceState } }: Cloze,
  plugins: readonly Runnable[],
  use: string,
  wanted = "",
): Promise<Runnable> {
  const found =
    plugins.find(({ name }) => name === wanted) ??
    (wanted === "" && plugins.length === 1 ? plugins[0] : undefined);
  if (found) return found;
  if (plugins.length === 0)
    throw new Failure(
      "not-found",
      vscode.l10n.t(
        "This model has no plugin for that: use Cloze: Install Plugin… or Cloze: Train Classifier From File….",
      ),
    );
  const memory = `pick-plugin.${use}`;
  const last = workspaceState.get(memory);
  const sorted = [...plugins].sort((a, b) => Number(b.name === last) - Number(a.name === last));
  const chosen = await vscode.window.showQuickPick(rowsOf(sorted), {
    title: vscode.l10n.t("Which plugin?"),
    placeHolder:
      wanted === ""
        ? vscode.l10n.t("A plugin, its labels, or how well it does")
        : vscode.l10n.t("There is no plugin named {0}: choose one of these.", wanted),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!chosen) throw Failure.cancelled();
  await workspaceState.update(memory, chosen.plugin.name);
  return chosen.plugin;
}

function rowsOf(plugins: readonly Runnable[]): (vscode.QuickPickItem & { readonly plugin: Runnable })[] {
  return plugins.map((plugin) => ({
    plugin,
    label: plugin.title,
    description: describeLabels(plugin),
    detail: describeMetrics(plugin.metrics),
    iconPath: new vscode.ThemeIcon(plugin.face.icon),
  }));
}

function describeLabels({ title, labels, face }: Runnable): string {
  if (face !== faces.classify) return title === face.title ? "" : face.title;
  return labels.slice(0, FEW_LABELS).join(" · ") + (labels.length > FEW_LABELS ? " …" : "");
}

/** The numbers among metrics, however they are grouped. */
function describeMetrics(metrics: Readonly<Record<string, unknown>>): string {
  const flat = (group: Readonly<Record<string, unknown>>, before: string): string[] =>
    Object.entries(group).flatMap(([name, value]) => {
      if (typeof value === "number") return [`${before}${name} ${Number(value.toPrecision(4))}`];
      return typeof value === "object" && value !== null
        ? flat(value as Readonly<Record<string, unknown>>, `${before}${name}.`)
        : [];
    });
  return flat(metrics, "").slice(0, FEW_METRICS).join(" · ");
}
