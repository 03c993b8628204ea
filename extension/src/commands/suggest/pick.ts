/**
 * The quick pick of suggestions: words with their probabilities, a preview of the one that the keys are on, and words
 * that were typed, whose probability can be asked for.
 */
import type { RunOptions } from "@cloze/core";
import * as vscode from "vscode";

/** Words that can be taken, one a blank. */
export interface Choice {
  readonly words: readonly string[];
  readonly label: string;
  /** Their probability; `null` where the vocabulary has no pieces for them. */
  readonly score: number | null;
  /** Whether they are there already. */
  readonly present: boolean;
}

export interface PickOptions {
  /** Best first, at least one. */
  readonly choices: readonly Choice[];
  /** Shows words where they would stand. */
  preview(choice: Choice | undefined): void;
  /** What the title says of words. */
  titleOf(choice: Choice): string;
  /** The words that a typed text is, or `undefined` where it cannot be taken. */
  read(typed: string): readonly string[] | undefined;
  /** How likely words are. */
  score(words: readonly string[], run: RunOptions): Promise<number | null>;
}

interface Row extends vscode.QuickPickItem {
  readonly choice?: Choice;
  /** What was typed, and whose probability this row asks for. */
  readonly typed?: { readonly text: string; readonly words: readonly string[] };
}

const LEAST = 0.0001;
const percent = new Intl.NumberFormat(vscode.env.language, { style: "percent", maximumFractionDigits: 2 });

/** Lets a person choose; `undefined` when they leave it. */
export async function pickSuggestion(options: PickOptions): Promise<Choice | undefined> {
  const pick = vscode.window.createQuickPick<Row>();
  const scoring = new AbortController();
  const choices = [...options.choices];
  const most = Math.max(LEAST, ...choices.map(({ score }) => score ?? 0));
  const rows = (): Row[] => {
    const text = pick.value.trim();
    const known = choices.some(({ label }) => label.toLowerCase() === text.toLowerCase());
    const words = text === "" || known ? undefined : options.read(text);
    const suggested = choices.map((choice) => rowOf(choice, most));
    if (!words) return suggested;
    const label = vscode.l10n.t("How likely is “{0}”?", text);
    return [
      ...suggested,
      { label, alwaysShow: true, iconPath: new vscode.ThemeIcon("question"), typed: { text, words } },
    ];
  };
  const look = (row: Row | undefined): void => {
    options.preview(row?.choice);
    const shown = row?.choice ?? choices[0];
    pick.title = options.titleOf(shown);
  };
  const answer = async ({ text, words }: NonNullable<Row["typed"]>): Promise<void> => {
    pick.busy = true;
    const score = await options.score(words, { signal: scoring.signal });
    choices.unshift({ words, label: text, score, present: false });
    pick.busy = false;
    pick.items = rows();
    pick.activeItems = pick.items.slice(0, 1);
  };

  pick.placeholder = vscode.l10n.t("Enter replaces, Escape leaves all as it is; or type a word of your own");
  pick.items = rows();
  try {
    return await new Promise<Choice | undefined>((resolve, reject) => {
      pick.onDidChangeActive(([row]) => look(row));
      pick.onDidChangeValue(() => (pick.items = rows()));
      pick.onDidAccept(() => {
        const [row] = pick.activeItems;
        if (row?.choice) resolve(row.choice);
        else if (row?.typed && !pick.busy) answer(row.typed).catch(reject);
      });
      pick.onDidHide(() => resolve(undefined));
      const first = pick.items.find(({ choice }) => choice && !choice.present);
      if (first) pick.activeItems = [first];
      look(first ?? pick.items.at(0)); // no event tells of the first
      pick.show();
    });
  } finally {
    scoring.abort();
    pick.dispose();
  }
}

function rowOf(choice: Choice, most: number): Row {
  const { label, score, present } = choice;
  const likely =
    score === null
      ? vscode.l10n.t("not in the vocabulary")
      : score < LEAST
        ? vscode.l10n.t("less than {0}", percent.format(LEAST))
        : percent.format(score);
  const description = present ? vscode.l10n.t("{0} · there now", likely) : likely;
  return { label, description, choice, iconPath: barOf((score ?? 0) / most) };
}

/** A bar as an icon: grey, so that it is seen on every theme. */
function barOf(share: number): vscode.Uri {
  const picture = rectangle(16, 0.3) + rectangle(Math.max(1, Math.round(16 * Math.min(1, share))), 1);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16">${picture}</svg>`;
  return vscode.Uri.parse(`data:image/svg+xml;utf8,${encodeURIComponent(svg)}`);
}

function rectangle(width: number, opacity: number): string {
  return `<rect y="5" width="${width}" height="6" rx="1" fill="#888" fill-opacity="${opacity}"/>`;
}
