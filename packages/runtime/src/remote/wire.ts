/**
 * The Open Inference Protocol (KServe v2) over HTTP with Triton's binary tensor extension: requests and responses
 * as bytes, for client and server alike. A message is a JSON header followed by the tensors' bytes in the header's
 * order; the HTTP header `Inference-Header-Content-Length` tells where the JSON ends.
 *
 * Only the form is checked here. Which tensors a model takes, and what their numbers mean, is the server's matter.
 * https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol and
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
import { ClozeError } from "@cloze/core";
import type { Feeds, FloatTensor } from "@cloze/core";
import {
  byteSize,
  countOf,
  fitsHalf,
  isDatatype,
  parseNumbers,
  readNumbers,
  writeNumbers,
} from "./tensors.ts";
import type { Datatype, Numbers, WireTensor } from "./tensors.ts";

/** The HTTP header that says how many bytes of a body are JSON; tensors come after them. */
export const HEADER_LENGTH = "Inference-Header-Content-Length";

/** A body, and how much of it is JSON; `undefined` where all of it is. */
export interface Message {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headerLength: number | undefined;
}

/** A request as the server reads it. */
export interface InferRequest {
  readonly id: string | undefined;
  readonly inputs: ReadonlyMap<string, WireTensor>;
  /** What was asked for, in order; `undefined` for all that the model has. */
  readonly outputs: readonly AskedOutput[] | undefined;
  /** How outputs are sent of which the request does not say it. */
  readonly binary: boolean;
  /** How long the client still waits: Triton's `timeout` parameter, which counts microseconds; 0 there is no limit. */
  readonly timeoutMs: number | undefined;
  /** Triton's `priority` parameter: 1 is the most urgent; 0, where none was given, is the server's default. */
  readonly priority: number;
}

/** An output that a request asks for. */
export interface AskedOutput {
  readonly name: string;
  readonly binary: boolean;
  /**
   * Whether FP16 will do, half the bytes: our own parameter `"datatype": "FP16"`, which other servers pass over. Where a
   * number is too large for it, the answer is FP32.
   */
  readonly half?: boolean;
}

/** An output as the server sends it. */
export interface SentOutput extends AskedOutput {
  readonly tensor: FloatTensor;
}

type Json = Readonly<Record<string, unknown>>;
type Part = readonly [datatype: Datatype, data: Numbers];

/**
 * Writes a request: all inputs INT64, the outputs asked for by name, everything binary.
 *
 * @param options.half Which of the outputs may come as FP16.
 * @example
 * const { body, headerLength } = encodeRequest(feeds, ["sentiment"], { timeoutMs: 5000 });
 */
export function encodeRequest(
  feeds: Feeds,
  outputs: readonly string[],
  options: { readonly timeoutMs?: number; readonly half?: readonly string[] } = {},
): Message {
  const parts = Object.values(feeds).map(({ data }): Part => ["INT64", data]);
  const inputs = Object.entries(feeds).map(([name, { dims, data }]) => ({
    name,
    datatype: "INT64",
    shape: dims,
    parameters: { binary_data_size: byteSize("INT64", data.length) },
  }));
  const timeout = options.timeoutMs === undefined ? {} : { timeout: Math.ceil(1000 * options.timeoutMs) };
  return compose(
    {
      parameters: { binary_data_output: true, ...timeout },
      inputs,
      outputs: outputs.map((name) => ({
        name,
        parameters: { binary_data: true, ...(options.half?.includes(name) && { datatype: "FP16" }) },
      })),
    },
    parts,
  );
}

/**
 * Reads a request. Tensors are views of the body where they can be.
 *
 * @param headerLength The value of `Inference-Header-Content-Length`; `null` where it was not sent.
 * @throws ClozeError `invalid-input` for anything that is not such a request.
 * @example
 * const inputs = [{ name: "input_ids", datatype: "INT64", shape: [1, 2], data: [101, 102] }];
 * const body = new TextEncoder().encode(JSON.stringify({ inputs }));
 * decodeRequest(body, null).inputs.get("input_ids")?.data; // 101, 102
 */
export function decodeRequest(body: Uint8Array<ArrayBuffer>, headerLength: string | null): InferRequest {
  const [header, tensors] = decompose(body, headerLength, "inputs");
  const { id } = header;
  if (id !== undefined && typeof id !== "string") throw malformed("id should be a text", "id");
  const { binary_data_output: binary = false, timeout, priority = 0 } = parametersOf(header);
  if (typeof binary !== "boolean") throw malformed("binary_data_output should be true or false");
  if (!isSize(priority)) throw malformed("priority should be a whole number, 1 being the most urgent");
  if (timeout !== undefined && !isSize(timeout))
    throw malformed("timeout should be a whole number of microseconds, 0 for none");
  return {
    id,
    inputs: tensors,
    outputs: askedOutputs(header.outputs, binary),
    binary,
    timeoutMs: timeout ? Math.ceil(timeout / 1000) : undefined,
    priority,
  };
}

/**
 * Writes a response, each output as it was asked for.
 *
 * @example
 * const tensor = { type: "float32", dims: [1, 2], data: Float32Array.of(0.5, 2) } as const;
 * const model = { name: "starter", version: "1", id: undefined };
 * const { body, headerLength } = encodeResponse(model, [{ name: "sentiment", binary: true, tensor }]);
 * body.length - headerLength!; // 8: two numbers
 */
export function encodeResponse(
  model: { readonly name: string; readonly version: string; readonly id: string | undefined },
  outputs: readonly SentOutput[],
): Message {
  const typed = outputs.map(({ name, binary, half, tensor }) => {
    const datatype: Datatype = binary && half && fitsHalf(tensor.data) ? "FP16" : "FP32";
    return { name, binary, datatype, tensor };
  });
  const described = typed.map(({ name, binary, datatype, tensor: { dims, data } }) => ({
    name,
    datatype,
    shape: dims,
    ...(binary
      ? { parameters: { binary_data_size: byteSize(datatype, data.length) } }
      : { data: Array.from(data) }),
  }));
  const parts = typed
    .filter(({ binary }) => binary)
    .map(({ datatype, tensor }): Part => [datatype, tensor.data]);
  const id = model.id === undefined ? {} : { id: model.id };
  return compose({ model_name: model.name, model_version: model.version, ...id, outputs: described }, parts);
}

/**
 * Reads a response. Tensors are views of the body where they can be.
 *
 * @throws ClozeError `invalid-input` for anything that is not such a response.
 */
export function decodeResponse(
  body: Uint8Array<ArrayBuffer>,
  headerLength: string | null,
): ReadonlyMap<string, FloatTensor> {
  const [, tensors] = decompose(body, headerLength, "outputs");
  const outputs = new Map<string, FloatTensor>();
  for (const [name, { shape, data }] of tensors) {
    if (!(data instanceof Float32Array)) throw malformed(`${name} should be FP32 or FP16`, name);
    outputs.set(name, { type: "float32", dims: shape, data });
  }
  return outputs;
}

/** The JSON is filled up with spaces to a multiple of 8, so that every tensor lies aligned. */
function compose(header: object, parts: readonly Part[]): Message {
  const json = new TextEncoder().encode(JSON.stringify(header));
  if (parts.length === 0) return { body: json, headerLength: undefined };
  const headerLength = Math.ceil(json.length / 8) * 8;
  const size = parts.reduce((sum, [datatype, data]) => sum + byteSize(datatype, data.length), 0);
  const body = new Uint8Array(headerLength + size);
  body.set(json);
  body.fill(0x20, json.length, headerLength);
  let at = headerLength;
  for (const [datatype, data] of parts) {
    writeNumbers(body, at, datatype, data);
    at += byteSize(datatype, data.length);
  }
  return { body, headerLength };
}

/** A message's header, and the tensors that it lists under `key`. */
function decompose(
  body: Uint8Array<ArrayBuffer>,
  headerLength: string | null,
  key: "inputs" | "outputs",
): [header: Json, tensors: Map<string, WireTensor>] {
  let at = parseHeaderLength(headerLength, body.length);
  const header = parseHeader(body.subarray(0, at));
  const list = header[key];
  if (!Array.isArray(list)) throw malformed(`${key} should be a list of tensors`, key);
  const tensors = new Map<string, WireTensor>();
  for (const [i, entry] of list.entries()) {
    const { name, datatype, shape, bytes, data } = describe(entry, `${key}[${i}]`);
    if (tensors.has(name)) throw malformed(`${key} has two tensors named ${name}`, name);
    const count = countOf(shape);
    if (bytes === undefined) {
      tensors.set(name, { datatype, shape, data: parseNumbers(data, datatype, shape, name) });
      continue;
    }
    if (bytes !== byteSize(datatype, count))
      throw malformed(
        `${name} says it has ${bytes} bytes, but ${datatype} of shape [${shape.join(", ")}] has ${byteSize(datatype, count)}`,
        name,
      );
    if (at + bytes > body.length)
      throw malformed(
        `${name} says it has ${bytes} bytes, but only ${body.length - at} are left of the body`,
        name,
      );
    tensors.set(name, { datatype, shape, data: readNumbers(body, at, datatype, count, name) });
    at += bytes;
  }
  if (at !== body.length) throw malformed(`the body has ${body.length - at} bytes more than its tensors`);
  return [header, tensors];
}

function parseHeaderLength(value: string | null, size: number): number {
  if (value === null) return size;
  const length = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  if (length > 0 && length <= size) return length;
  throw malformed(
    `${HEADER_LENGTH} should be 1 to ${size}, the bytes of the body, but is ${value.slice(0, 40)}`,
  );
}

function parseHeader(bytes: Uint8Array): Json {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed("the header is not JSON", undefined, cause);
  }
  if (!isObject(json)) throw malformed("the header should be one JSON object");
  return json;
}

/** One entry of `inputs` or `outputs`: what the tensor is and how its numbers come. */
function describe(entry: unknown, at: string) {
  if (!isObject(entry)) throw malformed(`${at} should be an object`, at);
  const { name, datatype, shape, data } = entry;
  if (typeof name !== "string" || name === "") throw malformed(`${at} should have a name`, at);
  if (!isDatatype(datatype)) throw malformed(`${name} should be INT64, INT32, FP32 or FP16`, name);
  if (
    !Array.isArray(shape) ||
    shape.length > 8 ||
    !shape.every(isSize) ||
    !Number.isSafeInteger(8 * countOf(shape))
  )
    throw malformed(`the shape of ${name} should be up to 8 sizes, none negative`, name);
  const bytes = parametersOf(entry).binary_data_size;
  if (bytes !== undefined && !isSize(bytes))
    throw malformed(`binary_data_size of ${name} should be a size`, name);
  if ((bytes === undefined) === (data === undefined))
    throw malformed(`${name} should have either data or binary_data_size`, name);
  return { name, datatype, shape, bytes, data };
}

function askedOutputs(list: unknown, binary: boolean): AskedOutput[] | undefined {
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw malformed("outputs should be a list", "outputs");
  const asked = list.map((entry: unknown, i): AskedOutput => {
    if (!isObject(entry) || typeof entry.name !== "string")
      throw malformed(`outputs[${i}] should have a name`, `outputs[${i}]`);
    const { name } = entry;
    const { binary_data: own = binary, datatype = "FP32", classification } = parametersOf(entry);
    if (typeof own !== "boolean") throw malformed(`binary_data of ${name} should be true or false`, name);
    if (datatype !== "FP32" && datatype !== "FP16")
      throw malformed(`${name} can be sent as FP32 or FP16`, name);
    if (datatype === "FP16" && !own)
      throw malformed(`${name} can be sent as FP16 in binary only: set binary_data`, name);
    if (classification)
      throw malformed(`classification of ${name} is not known here: ask for it whole`, name);
    return { name, binary: own, ...(datatype === "FP16" && { half: true }) };
  });
  const names = new Set<string>();
  for (const { name } of asked) {
    if (names.has(name)) throw malformed(`outputs names ${name} twice`, name);
    names.add(name);
  }
  return asked.length === 0 ? undefined : asked;
}

function parametersOf(entry: Json): Json {
  const { parameters = {} } = entry;
  if (!isObject(parameters)) throw malformed("parameters should be an object", "parameters");
  return parameters;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(what: string, field?: string, cause?: unknown): ClozeError {
  return new ClozeError("invalid-input", `Not a message of the Open Inference Protocol: ${what}.`, {
    ...(field === undefined ? {} : { field }),
    cause,
  });
}
