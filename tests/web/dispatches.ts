/** Counts, in a session's worker, what the graphics card is given to do: dispatches by the name of their program. */
const programs = new WeakMap<GPUComputePipeline, string>();
let counted: Record<string, number> = {};
let current = "";

const device = GPUDevice.prototype;
const make = Reflect.get<GPUDevice, "createComputePipeline">(device, "createComputePipeline");
const makeLater = Reflect.get<GPUDevice, "createComputePipelineAsync">(device, "createComputePipelineAsync");
const named = (pipeline: GPUComputePipeline, { label, compute }: GPUComputePipelineDescriptor) => {
  programs.set(pipeline, label ?? compute.module.label);
  return pipeline;
};
device.createComputePipeline = function (described) {
  return named(make.call(this, described), described);
};
device.createComputePipelineAsync = async function (described) {
  return named(await makeLater.call(this, described), described);
};

const pass = GPUComputePassEncoder.prototype;
const choose = Reflect.get<GPUComputePassEncoder, "setPipeline">(pass, "setPipeline");
const dispatch = Reflect.get<GPUComputePassEncoder, "dispatchWorkgroups">(pass, "dispatchWorkgroups");
pass.setPipeline = function (pipeline) {
  current = programs.get(pipeline) ?? "";
  return choose.call(this, pipeline);
};
pass.dispatchWorkgroups = function (...size) {
  counted[current] = (counted[current] ?? 0) + 1;
  return dispatch.apply(this, size);
};

const channel = new BroadcastChannel("dispatches");
channel.onmessage = () => {
  channel.postMessage(counted);
  counted = {};
};
