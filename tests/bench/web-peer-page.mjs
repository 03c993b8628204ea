/** transformers.js's page: its pipeline on WebGPU, as its users have it, with all files from this machine. */
import { env, pipeline } from "@huggingface/transformers";

env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = "/models/";
env.useBrowserCache = false;
env.backends.onnx.wasm.wasmPaths = "/peer-ort/";

let classify;
globalThis.peer = {
  async open() {
    classify = await pipeline("text-classification", "classify", { dtype: "fp32", device: "webgpu" });
  },
  classify: (texts) => classify(texts),
};
document.documentElement.dataset.ready = "yes";
