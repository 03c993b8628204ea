/**
 * Which columns are the text and the label, asked where their names do not tell.
 */
import * as vscode from "vscode";
import type { FileColumns } from "../../engine-worker/labelled-file.ts";
import { Failure } from "../../engine/failure.ts";

type Row = vscode.QuickPickItem & { readonly column: string };

/**
 * Asks for the text's column, then for the label's. A table without a header is read by places.
 *
 * @returns As `parseTexts` takes them: text first, label last.
 * @throws Failure `aborted` where nothing is chosen.
 */
export async function askColumns({ columns, table }: FileColumns, file: string): Promise<string[]> {
  const { t } = vscode.l10n;
  const ask = async (rows: readonly Row[], step: number, placeHolder: string): Promise<Row> => {
    const title = t("{0} ({1} of {2})", file, step, 2);
    const chosen = await vscode.window.showQuickPick(rows, { title, placeHolder, matchOnDetail: true });
    if (!chosen) throw Failure.cancelled();
    return chosen;
  };
  let rows = columns.map(({ name, sample }): Row => ({
    label: name || "–",
    detail: sample.slice(0, 200),
    column: name,
  }));
  const headless: Row = {
    label: `$(list-ordered) ${t("The first line is no header")}`,
    detail: t("Columns are chosen by their places then."),
    column: "",
    alwaysShow: true,
  };
  const which = t("Which column has the text?");
  let text = await ask(table ? [...rows, headless] : rows, 1, which);
  if (text === headless) {
    rows = columns.map(({ name }, i) => ({
      label: t("Column {0}", i + 1),
      detail: name.slice(0, 200),
      column: `${i + 1}`,
    }));
    text = await ask(rows, 1, which);
  }
  const others = rows.filter((row) => row !== text);
  const label = await ask(others, 2, t("Which column has the label?"));
  return [text.column, label.column];
}
