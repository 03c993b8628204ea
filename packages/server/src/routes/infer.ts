/** One request for inference: what it asks is checked against the model, queued, and answered as it wants it. */
import { ClozeError, MASKED_POSITIONS } from "@cloze/core";
import { decodeRequest, encodeResponse, HEADER_LENGTH } from "@cloze/runtime/remote";
import type { AskedOutput, InferRequest } from "@cloze/runtime/remote";
import type { Context } from "hono";
import { compress, receive } from "../bodies.ts";
import { readInputs } from "../inputs.ts";
import type { Inputs } from "../inputs.ts";
import type { Models } from "../models.ts";
import type { ServedModel } from "../served-model.ts";
import { ANSWER_LIMIT, answerBytes } from "../shapes.ts";

/** The most bytes of one request: 128 rows of 512 tokens, three tensors of 8 bytes, and room for a JSON form. */
const BODY_LIMIT = 16 * 2 ** 20;

/** What is known of a request when it is answered, for the log and the metrics. */
export interface InferenceRecord {
  model?: string;
  version?: string;
  id?: string | undefined;
  rows?: number;
  length?: number;
  queueMs?: number;
  inferenceMs?: number;
}

/** Answers a request, and tells the record what it was. */
export async function infer(
  c: Context,
  models: Models,
  { name, version }: { readonly name: string; readonly version: string | undefined },
  record: InferenceRecord,
): Promise<Response> {
  const start = performance.now();
  record.model = models.get(name, version).name;
  const received = await receive(c.req.raw, BODY_LIMIT);
  if ("error" in received) {
    if (received.status === 415) c.header("Accept-Encoding", "gzip, deflate");
    return c.json({ error: received.error }, received.status);
  }
  const request = decodeRequest(received.body, c.req.header(HEADER_LENGTH) ?? null);
  const model = models.get(name, version); // anew: while the body came, another version may have taken its place
  Object.assign(record, { version: model.version, id: request.id?.slice(0, 200) });
  try {
    return await answer(c, model, request, start, record);
  } catch (error) {
    model.statistics.failed(performance.now() - start);
    throw error;
  }
}

async function answer(
  c: Context,
  model: ServedModel,
  request: InferRequest,
  start: number,
  record: InferenceRecord,
): Promise<Response> {
  const read = readInputs(request.inputs, model.config, model.inputs);
  Object.assign(record, { rows: read.rows, length: read.length });
  const asked = askedOutputs(model, request, read);
  expectRoom(model, asked, read);
  const inputMs = performance.now() - start;
  const { outputs, queueMs, inferenceMs } = await model.run({
    ...read,
    outputs: asked.map(({ name }) => name),
    priority: request.priority,
    deadline: request.timeoutMs === undefined ? undefined : start + request.timeoutMs,
    signal: c.req.raw.signal,
  });
  Object.assign(record, { queueMs, inferenceMs });
  const ran = performance.now();
  const { name, version } = model;
  const message = encodeResponse(
    { name, version, id: request.id },
    asked.map((output) => ({ ...output, tensor: outputs.get(output.name)! })),
  );
  const { body, coding } = await compress(message.body, c.req.header("accept-encoding"));
  model.statistics.answered(read.rows, {
    inputMs,
    queueMs,
    inferenceMs,
    outputMs: performance.now() - ran,
  });
  c.header("Server-Timing", `queue;dur=${queueMs.toFixed(2)}, inference;dur=${inferenceMs.toFixed(2)}`);
  const binary = message.headerLength !== undefined;
  c.header("Content-Type", binary ? "application/octet-stream" : "application/json");
  if (binary) c.header(HEADER_LENGTH, String(message.headerLength));
  if (coding) {
    c.header("Content-Encoding", coding);
    c.header("Vary", "Accept-Encoding");
  }
  return c.body(body);
}

/** The outputs that are asked for; where none is named, all that the inputs allow. */
function askedOutputs(
  { shapes }: ServedModel,
  { outputs, binary }: InferRequest,
  { positions }: Inputs,
): readonly AskedOutput[] {
  const fed = (name: string): boolean => positions.count > 0 || !shapes.get(name)?.includes("masks");
  const names = [...shapes.keys()];
  if (!outputs) return names.filter(fed).map((name) => ({ name, binary }));
  const unknown = outputs.find(({ name }) => !shapes.has(name));
  if (unknown)
    throw new ClozeError(
      "invalid-input",
      `There is no output named ${unknown.name}: this model has ${names.join(", ")}.`,
    );
  const unfed = outputs.find(({ name }) => !fed(name));
  if (unfed)
    throw new ClozeError(
      "invalid-input",
      `${unfed.name} speaks of masked words: send their places as ${MASKED_POSITIONS}, [batch, masks].`,
      { field: MASKED_POSITIONS },
    );
  return outputs;
}

/** Refuses what no run and no answer has room for. */
function expectRoom(
  { batcher, shapes }: ServedModel,
  asked: readonly AskedOutput[],
  { rows, length, positions }: Inputs,
): void {
  const limit = batcher.rowLimit(length);
  if (rows > limit)
    throw new ClozeError(
      "invalid-input",
      `A request may have ${limit} rows of ${length} tokens, but this one has ${rows}: send several.`,
    );
  const names = asked.map(({ name }) => name);
  const bytes = answerBytes(shapes, names, { batch: rows, length, masks: positions.count });
  if (bytes > ANSWER_LIMIT)
    throw new ClozeError(
      "invalid-input",
      `An answer may have ${ANSWER_LIMIT} bytes of numbers, but this one would have ${bytes}: send fewer rows, or ask for ` +
        "fewer outputs.",
    );
}
