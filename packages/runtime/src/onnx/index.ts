/** Emitting ONNX. */
export { toOnnx, toTrainingOnnx } from "./emit.ts";
