/**
 * Reads the structure of an ONNX file (onnx.proto): operator sets, inputs and outputs, nodes, and what its initializers
 * are called and how they are shaped. The weights' bytes are passed over, so that a file of gigabytes costs a few reads.
 *
 * What the structure means is left to `signature.ts`.
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { ClozeError } from "@cloze/core";
import type { Files } from "../files/files.ts";

export type ElementType = "float32" | "float16" | "int32" | "int64" | "bool";

/** onnx.TensorProto.DataType, as far as a BERT's inputs and outputs may be of it. */
const elementTypes: ReadonlyMap<number, ElementType> = new Map([
  [1, "float32"],
  [6, "int32"],
  [7, "int64"],
  [9, "bool"],
  [10, "float16"],
]);

export interface OnnxStructure {
  readonly irVersion: number;
  /** The version of each domain of operators; "" is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Old files list their initializers among the inputs; here they are left out. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  /** Functions that the file brings with it, as `domain::name`, and the nodes inside them. */
  readonly functions: ReadonlySet<string>;
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

export interface OnnxValue {
  readonly name: string;
  /** Undefined for a type that is not among them. */
  readonly type: ElementType | undefined;
  /** A number, or a name where the size is free; undefined where not even the rank is told. */
  readonly dims: readonly (number | string)[] | undefined;
}

export interface OnnxNode {
  readonly domain: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

interface OnnxTensor {
  readonly dims: readonly number[];
  /** The file beside the model that holds its bytes, where they are not in the model itself. */
  readonly location: string | undefined;
}

/**
 * Reads a model's structure.
 *
 * @throws ClozeError `not-found`, `invalid-model` when the file is no ONNX or ends too early.
 */
export async function readOnnx(files: Files, file: string, size: number): Promise<OnnxStructure> {
  try {
    return await readModel(new Source(files, file, size));
  } catch (cause) {
    if (cause instanceof ClozeError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClozeError(
      "invalid-model",
      `${file} in ${files.location} is damaged or no ONNX file (${reason}): fetch or export it again.`,
      { cause },
    );
  }
}

async function readModel(source: Source): Promise<OnnxStructure> {
  let irVersion = 0;
  const opsets = new Map<string, number>();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const nodes: OnnxNode[] = [];
  const functions = new Set<string>();
  const initializers = new Map<string, OnnxTensor>();

  for await (const field of source.fields(0, source.size)) {
    if (field.number === 1) irVersion = field.value;
    else if (field.number === 8) readOpset(await source.bytes(field), opsets);
    else if (field.number === 25) readFunction(await source.bytes(field), functions, nodes);
    else if (field.number === 7) {
      for await (const part of source.fields(field.start, field.end)) {
        if (part.number === 1) nodes.push(readNode(await source.bytes(part)));
        else if (part.number === 5) initializers.set(...(await readTensor(source, part)));
        else if (part.number === 11) inputs.push(readValue(await source.bytes(part)));
        else if (part.number === 12) outputs.push(readValue(await source.bytes(part)));
      }
    }
  }
  if (irVersion === 0 || outputs.length === 0) throw new RangeError("it has no graph");
  return {
    irVersion,
    opsets,
    inputs: inputs.filter(({ name }) => !initializers.has(name)),
    outputs,
    nodes,
    functions,
    initializers,
  };
}

function readOpset(bytes: Uint8Array, opsets: Map<string, number>): void {
  let domain = "";
  let version = 0;
  parse(bytes, { 1: (r) => (domain = r.string()), 2: (r) => (version = Number(r.int64())) });
  opsets.set(domain, version);
}

function readFunction(bytes: Uint8Array, functions: Set<string>, nodes: OnnxNode[]): void {
  let name = "";
  let domain = "";
  parse(bytes, {
    1: (r) => (name = r.string()),
    7: (r) => nodes.push(readNode(r.bytes())),
    10: (r) => (domain = r.string()),
  });
  functions.add(`${domain}::${name}`);
}

function readNode(bytes: Uint8Array): OnnxNode {
  let operator = "";
  let domain = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  parse(bytes, {
    1: (r) => inputs.push(r.string()),
    2: (r) => outputs.push(r.string()),
    4: (r) => (operator = r.string()),
    7: (r) => (domain = r.string()),
  });
  return { domain, operator, inputs, outputs };
}

function readValue(bytes: Uint8Array): OnnxValue {
  let name = "";
  let type: ElementType | undefined;
  let dims: (number | string)[] | undefined;
  const readDim = (dim: Uint8Array): void => {
    let size: number | string = "";
    parse(dim, { 1: (r) => (size = Number(r.int64())), 2: (r) => (size = r.string()) });
    dims?.push(size);
  };
  const readShape = (shape: Uint8Array): void => {
    dims = [];
    parse(shape, { 1: (r) => readDim(r.bytes()) });
  };
  const readTensorType = (tensor: Uint8Array): void =>
    parse(tensor, { 1: (r) => (type = elementTypes.get(r.int32())), 2: (r) => readShape(r.bytes()) });
  parse(bytes, {
    1: (r) => (name = r.string()),
    2: (r) => parse(r.bytes(), { 1: (tensor) => readTensorType(tensor.bytes()) }),
  });
  return { name, type, dims };
}

/** An initializer may be most of the file: field by field, and only the small ones are read. */
async function readTensor(source: Source, { start, end }: Field): Promise<[string, OnnxTensor]> {
  let name = "";
  let location: string | undefined;
  const dims: number[] = [];
  for await (const field of source.fields(start, end)) {
    if (field.number === 1 && field.start === field.end) dims.push(field.value);
    else if (field.number === 1) {
      const packed = new BinaryReader(await source.bytes(field));
      while (packed.pos < packed.len) dims.push(Number(packed.int64()));
    } else if (field.number === 8) name = new TextDecoder().decode(await source.bytes(field));
    else if (field.number === 13) {
      let key = "";
      let value = "";
      parse(await source.bytes(field), { 1: (r) => (key = r.string()), 2: (r) => (value = r.string()) });
      if (key === "location") location = value;
    }
  }
  return [name, { dims, location }];
}

/** Reads a message that is in memory; fields without a reader are skipped. */
function parse(bytes: Uint8Array, readers: Readonly<Record<number, (r: BinaryReader) => unknown>>): void {
  const r = new BinaryReader(bytes);
  while (r.pos < r.len) {
    const [number, wire] = r.tag();
    const read = readers[number];
    if (read) read(r);
    else r.skip(wire, number);
  }
}

/** A field of a message that is not in memory: a number's value, or where the bytes of a longer one lie. */
interface Field {
  readonly number: number;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** The longest that a tag and a number, or a tag and a length, can be. */
const FIELD_HEAD = 20;
const CHUNK = 1 << 16;

/** A file of which pieces are read as they are needed. */
class Source {
  readonly size: number;
  readonly #files: Files;
  readonly #file: string;
  #chunk: Uint8Array = new Uint8Array();
  #chunkAt = 0;

  constructor(files: Files, file: string, size: number) {
    this.#files = files;
    this.#file = file;
    this.size = size;
  }

  /** The fields of the message between two places, in the file's order. */
  async *fields(start: number, end: number): AsyncGenerator<Field> {
    let at = start;
    while (at < end) {
      const r = new BinaryReader(await this.bytes({ start: at, end: Math.min(at + FIELD_HEAD, end) }));
      const [number, wire] = r.tag();
      const value = wire === WireType.Varint ? Number(r.int64()) : 0;
      const length = wire === WireType.LengthDelimited ? r.uint32() : 0;
      if (wire !== WireType.Varint && wire !== WireType.LengthDelimited) r.skip(wire, number);
      const field = { number, value, start: at + r.pos, end: at + r.pos + length };
      if (field.end > end) throw new RangeError(`it ends within a field at byte ${at}`);
      yield field;
      at = field.end;
    }
  }

  async bytes({ start, end }: Pick<Field, "start" | "end">): Promise<Uint8Array> {
    if (start < this.#chunkAt || end > this.#chunkAt + this.#chunk.length) {
      const length = Math.min(Math.max(end - start, CHUNK), this.size - start);
      this.#chunk = await this.#files.read(this.#file, { offset: start, length });
      this.#chunkAt = start;
      if (start + this.#chunk.length < end) throw new RangeError("it is shorter than it was");
    }
    return this.#chunk.subarray(start - this.#chunkAt, end - this.#chunkAt);
  }
}
