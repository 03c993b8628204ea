/**
 * What is said of files that are no model.
 */
import * as vscode from "vscode";
import { Failure } from "../engine/failure.ts";
import type { Lack } from "./model-files.ts";

/** Why a model cannot be added. */
export function lacking(lack: Lack, name: string): Failure {
  const { t } = vscode.l10n;
  const messages: Readonly<Record<Lack, string>> = {
    config: t("{0} has no config.json: it is not a model.", name),
    "only-onnx": t(
      "{0} has its weights as ONNX only, a graph that another tool made: Cloze makes its own from model.safetensors.",
      name,
    ),
    "only-pickle": t(
      "{0} has its weights as pytorch_model.bin only, a program that could do anything: save them as model.safetensors.",
      name,
    ),
    weights: t("{0} has no model.safetensors: it is not a model that can be run.", name),
  };
  return new Failure("unsupported", messages[lack]);
}
