/**
 * Refuses, before ONNX Runtime tries, what it cannot run: operator sets it does not know, operators it does not have,
 * and weights that are not where the file says.
 */
import { ClozeError } from "@cloze/core";
import type { Files } from "../files/files.ts";
import type { OnnxStructure } from "./read.ts";

/** ONNX Runtime promises to run every opset from 7 on; 26 is the last that release 1.30 knows. */
const OPSETS = { least: 7, most: 26 };
const domains: ReadonlySet<string> = new Set(["", "ai.onnx", "com.microsoft"]);

/**
 * Refuses what ONNX Runtime has no operators for.
 *
 * @throws ClozeError `unsupported`.
 */
export function checkOperators({ opsets, nodes, functions }: OnnxStructure): void {
  const opset = opsets.get("") ?? opsets.get("ai.onnx") ?? 0;
  if (opset < OPSETS.least || opset > OPSETS.most)
    throw new ClozeError(
      "unsupported",
      `The model uses opset ${opset} of ONNX, and ONNX Runtime runs ${OPSETS.least} to ${OPSETS.most}: export it with one ` +
        "of these.",
    );
  const strange = nodes.find(
    ({ domain, operator }) => !domains.has(domain) && !functions.has(`${domain}::${operator}`),
  );
  if (strange)
    throw new ClozeError(
      "unsupported",
      `The model uses the operator ${strange.operator} of ${strange.domain}, which ONNX Runtime does not have: export it ` +
        "with ONNX's own operators.",
    );
}

/**
 * Finds the files beside a model that hold weights of it; one that is missing, or outside the folder, is refused.
 *
 * @param files The folder of the model.
 * @returns Their names.
 * @throws ClozeError `not-found`, `invalid-model`.
 */
export async function findWeights(files: Files, { initializers }: OnnxStructure): Promise<readonly string[]> {
  const locations = [...new Set([...initializers.values()].flatMap(({ location }) => location ?? []))];
  if (locations.length === 0) return locations;
  const beside = await files.list();
  for (const location of locations) {
    if (/[\\/]/.test(location))
      throw new ClozeError(
        "invalid-model",
        `The model looks for weights at ${location}, but they should lie beside it: export it again.`,
      );
    if (!beside.files.has(location))
      throw new ClozeError(
        "not-found",
        `${files.location} has no ${location}, which holds the model's weights: fetch it too.`,
      );
  }
  return locations;
}
