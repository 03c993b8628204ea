/**
 * Find Similar Sentences: those of the document that are nearest to the selection, or to the sentence at the cursor.
 */
import type { Similar } from "@cloze/core";
import * as vscode from "vscode";
import type { Command } from "../cloze.ts";
import { Failure } from "../engine/failure.ts";
import { Follower } from "../text/follower.ts";
import { spanOf } from "../text/ranges.ts";
import { takeSpans } from "../text/selections.ts";
import { sentences } from "../text/sentences.ts";
import type { Span } from "../text/sentences.ts";
import type { Result } from "../views/results-view.ts";
import { during } from "./during.ts";
import { withTimeLeft } from "./time-left.ts";

/** Of a document with more sentences, those nearest to the cursor are compared. As many are remembered. */
const COMPARED = 4096;
const SHOWN = 20;

/** What other extensions may give: then they are answered without an editor. */
interface Given {
  readonly query?: string;
  readonly texts?: readonly string[];
  readonly top?: number;
}

/** A sentence of the document, and how near it is. */
type Near = Omit<Similar, "index"> & Span;

export const findSimilar: Command = {
  id: "cloze.findSimilar",
  async run({ engine, results }, { query, texts, top }: Given = {}): Promise<Similar[] | Near[]> {
    const title = vscode.l10n.t("Comparing sentences");
    if (texts !== undefined) {
      const lists = Array.isArray(texts) && texts.every((text) => typeof text === "string");
      if (!lists || typeof query !== "string")
        throw new Failure(
          "invalid-input",
          vscode.l10n.t("The command takes { query, texts, top }: a text, a list of texts and a number."),
        );
      return during(title, (run) => engine.run("nearest", { query, texts, top }, run));
    }

    const editor = vscode.window.activeTextEditor;
    if (!editor)
      throw new Failure("invalid-input", vscode.l10n.t("Open a document to compare its sentences."));
    const { document } = editor;
    const text = document.getText();
    const wanted = wantedOf(editor, text);
    const all = sentences(text).filter(
      ({ start, end }) =>
        (end <= wanted.start || wanted.end <= start) && /\p{L}/u.test(text.slice(start, end)),
    );
    const compared = around(all, wanted);
    const asked = {
      query: text.slice(wanted.start, wanted.end),
      texts: compared.map(({ start, end }) => text.slice(start, end)),
      top: SHOWN,
    };
    const follower = new Follower(document);
    const found = await during(title, (run, say) =>
      engine.run("nearest", asked, withTimeLeft(run, say)),
    ).catch((error: unknown) => {
      follower.dispose();
      throw error;
    });
    const near: Near[] = [];
    const rows: Result[] = [];
    for (const { index, ...one } of found) {
      const span = follower.now(compared[index]);
      if (!span) continue; // it was edited meanwhile
      near.push({ ...one, ...span });
      const line = document.positionAt(span.start).line + 1;
      rows.push({
        label: one.text.replace(/\s+/g, " "),
        description: vscode.l10n.t("{0} · line {1}", cosine(one.score), line),
        tooltip: one.text,
        icon: "quote",
        place: () => follower.location(compared[index]),
      });
    }
    const shortQuery = asked.query.replace(/\s+/g, " ");
    const plain = [shortQuery, ...rows.map(({ label, description }) => `${label}\t${description}`)];
    results.show(
      compared.length < all.length
        ? vscode.l10n.t("Sentences like “{0}”, among the {1} around it", shortQuery, compared.length)
        : vscode.l10n.t("Sentences like “{0}”", shortQuery),
      rows,
      plain.join("\n"),
      follower,
    );
    return near;
  },
};

function cosine(score: number): string {
  const digits = { minimumFractionDigits: 3, maximumFractionDigits: 3 };
  return new Intl.NumberFormat(vscode.env.language, digits).format(score);
}

function wantedOf({ document, selection }: vscode.TextEditor, text: string): Span {
  const found = takeSpans(text, [spanOf(document, selection)], "never").spans.at(0);
  if (found) return found;
  throw new Failure(
    "invalid-input",
    vscode.l10n.t("There is no sentence here: put the cursor in one, or select a text."),
  );
}

/** The sentences nearest to a place. */
function around(all: readonly Span[], { start }: Span): readonly Span[] {
  const before = all.findIndex((span) => span.start > start);
  const middle = before === -1 ? all.length : before;
  const first = Math.max(0, Math.min(middle - COMPARED / 2, all.length - COMPARED));
  return all.slice(first, first + COMPARED);
}
