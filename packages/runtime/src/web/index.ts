/** Models in a browser: onnxruntime-web in a worker of its own, on WebGPU or in WebAssembly. */
export { load, WebPredictor } from "./load.ts";
export type { LoadOptions, Timings } from "./load.ts";
export { describeAdapter } from "./adapter.ts";
export type { Adapter } from "./adapter.ts";
export type { Choice } from "./places.ts";
export type { DeviceChoices } from "./choices.ts";
export type { Measured } from "./fastest.ts";
export { FetchFiles } from "./fetch-files.ts";
export type { DownloadProgress, FetchFilesOptions } from "./fetch-files.ts";
export { serveSession } from "./serve.ts";
export type { Device, Precision, SessionPort, SessionWorker } from "./protocol.ts";
export type { Files, Listing } from "../files/files.ts";
