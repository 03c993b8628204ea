/** The devices that ONNX Runtime has on Node, by its own names. */
import { ClozeError } from "@cloze/core";

const devices = ["cpu", "webgpu", "cuda"] as const;

/** Where a model runs on Node. */
export type NodeDevice = (typeof devices)[number];

/**
 * The device that is asked for.
 *
 * @throws ClozeError `unsupported` for one that there is not.
 */
export function deviceOf({
  device = "auto",
}: {
  readonly device?: NodeDevice | "auto" | undefined;
}): NodeDevice {
  if (device === "auto") return "cpu";
  if (devices.includes(device)) return device;
  throw new ClozeError(
    "unsupported",
    `device should be ${devices.join(", ")} or auto, not ${device as string}.`,
    { field: "device" },
  );
}
