/**
 * Labels of entities: what people read for them, a sign and a colour. The usual ones have names; any other has a colour
 * that stays its own.
 */
import * as vscode from "vscode";

/** How a label is shown. */
export interface LabelLook {
  readonly name: string;
  readonly icon: vscode.ThemeIcon;
  /** The colour behind it, as package.json declares it. */
  readonly color: vscode.ThemeColor;
}

/** The colours of labels without a name, in the order of `cloze.entity.other1` and on; of their signs, since backgrounds are faint. */
const OTHERS = [
  "charts.orange",
  "terminal.ansiCyan",
  "charts.red",
  "terminal.ansiMagenta",
  "terminal.ansiBrightBlue",
  "terminal.ansiBrightGreen",
];

/**
 * How a label is shown; `PER`, `ORG`, `LOC` and `MISC` are CoNLL-2003's, `PERSON` and `GPE` OntoNotes'.
 *
 * @example
 * lookOf("PER").name; // "Person"
 */
export function lookOf(label: string): LabelLook {
  switch (label.toUpperCase()) {
    case "PER":
    case "PERSON":
      return look(vscode.l10n.t("Person"), "person", "person", "charts.blue");
    case "ORG":
      return look(vscode.l10n.t("Organization"), "organization", "organization", "charts.yellow");
    case "LOC":
    case "GPE":
      return look(vscode.l10n.t("Location"), "location", "location", "charts.green");
    case "MISC":
      return look(vscode.l10n.t("Other name"), "bookmark", "miscellaneous", "charts.purple");
  }
  const other = hash(label) % OTHERS.length;
  return look(label, "tag", `other${other + 1}`, OTHERS[other]);
}

function look(name: string, icon: string, color: string, iconColor: string): LabelLook {
  return {
    name,
    icon: new vscode.ThemeIcon(icon, new vscode.ThemeColor(iconColor)),
    color: new vscode.ThemeColor(`cloze.entity.${color}`),
  };
}

function hash(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (31 * sum + letter.codePointAt(0)!) % 1_000_003;
  return sum;
}
