/**
 * Labels of entities: what people read for them, a sign and a colour. The usual ones have names; any other has a colour
 * that stays its own.
 */
import * as vscode from "vscode";

/** How a label is shown. */
export interface LabelLook {
  readonly name: string;
  readonly icon: vscode.ThemeIcon;
  /** As package.json declares it. */
  readonly color: vscode.ThemeColor;
}

/** How many colours there are for labels without a name. */
const OTHERS = 6;

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
      return look(vscode.l10n.t("Person"), "person", "person");
    case "ORG":
      return look(vscode.l10n.t("Organization"), "organization", "organization");
    case "LOC":
    case "GPE":
      return look(vscode.l10n.t("Location"), "location", "location");
    case "MISC":
      return look(vscode.l10n.t("Other name"), "bookmark", "miscellaneous");
    default:
      return look(label, "tag", `other${1 + (hash(label) % OTHERS)}`);
  }
}

function look(name: string, icon: string, color: string): LabelLook {
  return {
    name,
    icon: new vscode.ThemeIcon(icon),
    color: new vscode.ThemeColor(`cloze.entity.${color}`),
  };
}

function hash(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (31 * sum + letter.codePointAt(0)!) % 1_000_003;
  return sum;
}
