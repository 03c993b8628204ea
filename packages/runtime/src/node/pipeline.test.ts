import { expect, test } from "vitest";
import { load } from "./load.ts";
import { pipeline } from "./pipeline.ts";

const refusal = (code: string, field: string) => expect.objectContaining({ code, field }) as Error;

test("a task that there is not is refused before a model is looked for", async () => {
  await expect(pipeline("summarization" as "fill-mask", "no/such/folder", {})).rejects.toThrow(
    refusal("invalid-option", "task"),
  );
});

test("a device that there is not is refused before a model is looked for", async () => {
  const options = { device: "tpu" as "auto" };
  await expect(pipeline("fill-mask", "no/such/folder", options)).rejects.toThrow(
    refusal("unsupported", "device"),
  );
  await expect(load("no/such/folder", options)).rejects.toThrow(refusal("unsupported", "device"));
});
