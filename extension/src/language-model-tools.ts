/**
 * Tools for chat agents: they classify, ask and tag on this machine, and what they read does not leave it. What a model
 * is told of them is in package.json. VS Code has them since 1.95; before, nothing is registered.
 */
import * as vscode from "vscode";
import type { Engine } from "./engine/engine.ts";
import { Failure } from "./engine/failure.ts";

/** A text that the model gives, or names: a file of the workspace, or a document that is open. */
interface Source {
  readonly text?: string;
  readonly file?: string;
}

interface Tool<I> {
  readonly name: string;
  /** What the user reads while it works. */
  announce(input: I): string;
  run(engine: Engine, input: I, signal: AbortSignal): Promise<unknown>;
}

const classify: Tool<{ readonly texts: readonly string[]; readonly plugin?: string }> = {
  name: "cloze_classify",
  announce: ({ texts }) => vscode.l10n.t("Classifying texts on this machine ({0})", texts?.length ?? 0),
  run: (engine, { texts, plugin }, signal) =>
    engine.run("classify", { inputs: listOf("texts", texts).map((text) => ({ text })), plugin }, { signal }),
};

const ask: Tool<Source & { readonly question: string }> = {
  name: "cloze_ask",
  announce: ({ question }) => vscode.l10n.t("Looking for an answer on this machine: {0}", question),
  async run(engine, { question, ...source }, signal) {
    const context = await textOf(source);
    const [answer] = await engine.run(
      "ask",
      { inputs: [{ question, context }], noAnswer: true, top: 3 },
      { signal },
    );
    return answer;
  },
};

const tag: Tool<Source & { readonly plugin?: string }> = {
  name: "cloze_tag",
  announce: ({ file }) =>
    file === undefined
      ? vscode.l10n.t("Finding names on this machine")
      : vscode.l10n.t("Finding names in {0} on this machine", file),
  async run(engine, { plugin, ...source }, signal) {
    const [found] = await engine.run("tag", { inputs: [{ text: await textOf(source) }], plugin }, { signal });
    return found;
  },
};

const fill: Tool<{ readonly text: string }> = {
  name: "cloze_fill",
  announce: ({ text }) => vscode.l10n.t("Looking for words on this machine: {0}", text),
  async run(engine, { text }, signal) {
    const [filled] = await engine.run("fill", { inputs: [{ text }] }, { signal });
    return filled;
  },
};

const similar: Tool<{ readonly query: string; readonly texts: readonly string[] }> = {
  name: "cloze_similar",
  announce: ({ texts }) => vscode.l10n.t("Comparing texts on this machine ({0})", texts?.length ?? 0),
  run: (engine, { query, texts }, signal) =>
    engine.run("similar", { query, texts: listOf("texts", texts), top: 10 }, { signal }),
};

/** Registers the tools, where VS Code has such. Before 1.95 they are a proposal, refused when it is looked at or called. */
export function registerTools(engine: Engine): vscode.Disposable {
  const add = <I>(tool: Tool<I>) => vscode.lm.registerTool(tool.name, serve(engine, tool));
  try {
    return vscode.Disposable.from(add(classify), add(ask), add(tag), add(fill), add(similar));
  } catch {
    return new vscode.Disposable(() => {});
  }
}

function serve<I>(engine: Engine, tool: Tool<I>): vscode.LanguageModelTool<I> {
  return {
    prepareInvocation: ({ input }) => ({ invocationMessage: tool.announce(input) }),
    async invoke({ input }, token) {
      const abort = new AbortController();
      const listener = token.onCancellationRequested(() => abort.abort());
      if (token.isCancellationRequested) abort.abort();
      try {
        const answer = await tool.run(engine, input, abort.signal);
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(JSON.stringify(answer))]);
      } catch (error) {
        if (abort.signal.aborted) throw new vscode.CancellationError();
        throw error;
      } finally {
        listener.dispose();
      }
    },
  };
}

/** The text that is meant. Of files only those that the user has opened here: models may be led astray. */
async function textOf({ text, file }: Source): Promise<string> {
  if (typeof text === "string") return text;
  if (typeof file !== "string" || file === "")
    throw new Failure("invalid-input", vscode.l10n.t("Give either text, or file: a path in the workspace."));
  const named = uriOf(file);
  const uri = named?.path ? vscode.Uri.joinPath(named, ".") : undefined; // without the dots that lead out of the workspace
  const known = vscode.workspace.textDocuments.find(
    (document) => document.uri.toString() === uri?.toString(),
  );
  if (known) return known.getText();
  if (!uri || !vscode.workspace.getWorkspaceFolder(uri))
    throw new Failure(
      "not-found",
      vscode.l10n.t("{0} is no file of the workspace: give a path in it, or the text itself.", file),
    );
  try {
    return (await vscode.workspace.openTextDocument(uri)).getText();
  } catch (error) {
    const message = vscode.l10n.t("{0} could not be read as text: give another file, or the text.", file);
    throw new Failure("not-found", message, error);
  }
}

/** An address, a whole path, or one within the first folder of the workspace. */
function uriOf(file: string): vscode.Uri | undefined {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(file)) return vscode.Uri.parse(file);
  const folder = vscode.workspace.workspaceFolders?.[0].uri;
  const isWhole = /^(?:\/|[a-z]:[\\/])/i.test(file);
  if (isWhole) return folder ? folder.with({ path: vscode.Uri.file(file).path }) : vscode.Uri.file(file);
  return folder && vscode.Uri.joinPath(folder, file);
}

function listOf(field: string, texts: unknown): readonly string[] {
  if (Array.isArray(texts) && texts.length > 0 && texts.every((text) => typeof text === "string"))
    return texts;
  throw new Failure("invalid-input", vscode.l10n.t("{0} should be a list of one or more texts.", field));
}
