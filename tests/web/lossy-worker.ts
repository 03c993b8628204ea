/**
 * The session's worker under watch: its device is lost when a channel says so, or with `#always` at every request, and
 * what the device is given to do is counted.
 */
import "./dispatches.ts";
import { serveSession } from "@cloze/runtime/web";

let device: GPUDevice | undefined;
const ask = navigator.gpu.requestAdapter.bind(navigator.gpu);
navigator.gpu.requestAdapter = async (...options) => {
  const adapter = await ask(...options);
  const request = adapter?.requestDevice.bind(adapter);
  if (adapter && request) adapter.requestDevice = async (described) => (device = await request(described));
  return adapter;
};
const lose = (): void => device?.destroy();

new BroadcastChannel("lose").onmessage = lose;
if (location.hash === "#always")
  addEventListener("message", ({ data }: MessageEvent<object>) => "feeds" in data && lose());
serveSession();
