/** Models on Node: onnxruntime-node in a thread of its own. */
export { load, loadFolder, openFolder, readModelTexts } from "./load.ts";
export type { LoadOptions } from "./load.ts";
export { NodeSession } from "./session.ts";
export { NodeFiles } from "../files/node.ts";
export { graphOf } from "../folder.ts";
export type { ModelFolder } from "../folder.ts";
export type { StorageType, StoredTensor } from "../safetensors.ts";
export { readTensor } from "../weights.ts";
