/**
 * What a model on the hub is called: its name, and a revision of it.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { ClozeError } from "@cloze/core";

/** The hub's own rule, as huggingface_hub's `validate_repo_id` has it: `name` or `org/name`. */
const NAME = /^(?:\w(?:[\w.-]{0,94}\w)?\/)?\w(?:[\w.-]{0,94}\w)?$/;

/** `./x`, `/x`, `~/x`, `C:\x`, `a/b/c`, `x/`, `x.onnx`: nobody means the hub by these. */
const PATH = /^[./~]|\\|^[A-Za-z]:|\/.*\/|\/$|\.(?:onnx|cloze)$/;

/**
 * @throws ClozeError `not-found` for a path where nothing is, `invalid-option` for what is no name at all.
 */
export function checkName(name: string): void {
  if (name !== "" && PATH.test(name)) {
    if (existsSync(name))
      throw new ClozeError("invalid-option", `${name} is a path: it is loaded as it is, not from the hub.`, {
        field: "model",
      });
    throw new ClozeError("not-found", `There is no model folder at ${path.resolve(name)}: nothing is there.`);
  }
  if (!NAME.test(name) || /--|\.\.|\.git$/.test(name))
    throw new ClozeError(
      "invalid-option",
      `"${name}" is not a model's name: give org/name as the hub has it, or the path of a model folder.`,
      { field: "model" },
    );
}

/**
 * @throws ClozeError `invalid-option` for what cannot be a branch, a tag or a commit.
 */
export function checkRevision(revision: string): void {
  const parts = revision.split("/");
  if (parts.some((part) => part === "" || part.startsWith(".")) || /\.\.|[\\:?*[~^\s\p{Cc}]/u.test(revision))
    throw new ClozeError(
      "invalid-option",
      `"${revision}" cannot be a revision: give a branch, a tag or a commit, such as main.`,
      { field: "revision" },
    );
}

/** Whether a revision is a whole commit hash, whose files never change. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
