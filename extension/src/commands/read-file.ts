/**
 * A file that a person named, read whole: what is not there, or too large, is said.
 */
import * as vscode from "vscode";
import { Failure } from "../engine/failure.ts";

/**
 * @param largest The most bytes that it may have.
 * @throws Failure `not-found`, `invalid-input` for what is larger.
 */
export async function readWhole(uri: vscode.Uri, largest: number): Promise<Uint8Array<ArrayBuffer>> {
  const { fs } = vscode.workspace;
  const { t } = vscode.l10n;
  const name = uri.path.slice(uri.path.lastIndexOf("/") + 1);
  let size: number;
  try {
    ({ size } = await fs.stat(uri));
  } catch (cause) {
    throw new Failure("not-found", t("{0} cannot be read: is it still there?", name), cause);
  }
  if (size > largest)
    throw new Failure(
      "invalid-input",
      t("{0} is larger than {1} MB, which is more than is read here.", name, largest / 2 ** 20),
    );
  return new Uint8Array(await fs.readFile(uri));
}
