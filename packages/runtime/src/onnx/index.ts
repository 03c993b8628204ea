/** Emitting ONNX. */
export { toOnnx } from "./emit.ts";
