/**
 * ONNX's own messages (onnx.proto), as far as Cloze writes them: nodes, initializers, value types.
 *
 * Only field numbers and types stand here; what is emitted is `emit.ts`'s matter.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** onnx.TensorProto.DataType. */
const elementType = { F32: 1, U8: 2, I8: 3, I32: 6, I64: 7, F16: 10, F64: 11, BF16: 16 } as const;
export type ElementType = keyof typeof elementType;

export interface NodeProto {
  /** With its domain before it, where it is not one of the standard ones: `com.microsoft.MatMulNBits`. */
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** A float attribute is marked as one, since JS does not tell 1.0 from 1. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface TensorProto {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** The bytes themselves, little-endian, or where they lie in another file. */
  readonly data: Part | { readonly location: string; readonly offset: number; readonly length: number };
}

/** Part of a file: bytes, or how many there will be when their turn to be written has come. */
export type Part = Uint8Array | Pending;
interface Pending {
  readonly length: number;
  bytes(): Promise<Uint8Array>;
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly (number | string)[];
}

export interface ModelProto {
  readonly opset: number;
  readonly irVersion: number;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
}

/** A model's bytes in parts, so that its weights need never be held all at once. */
export function encodeModel(model: ModelProto): Part[] {
  const graph = [
    bytes((w) => {
      for (const node of model.nodes) message(w, 1, () => writeNode(w, node));
      text(w, 2, "bert");
    }),
    ...model.initializers.flatMap(encodeTensor),
    bytes((w) => {
      for (const value of model.inputs) message(w, 11, () => writeValueInfo(w, value));
      for (const value of model.outputs) message(w, 12, () => writeValueInfo(w, value));
    }),
  ];
  const domains = new Set(model.nodes.map(({ operator }) => split(operator).domain));
  return [
    bytes((w) => {
      int(w, 1, model.irVersion);
      text(w, 2, "cloze");
      w.tag(7, WireType.LengthDelimited).uint32(lengthOf(graph));
    }),
    ...graph,
    bytes((w) => {
      for (const domain of domains.add(STANDARD))
        message(w, 8, () => {
          text(w, 1, domain);
          int(w, 2, domain === STANDARD ? model.opset : 1);
        });
    }),
  ];
}

export function lengthOf(parts: readonly { readonly length: number }[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

const STANDARD = "";

function split(operator: string): { domain: string; name: string } {
  const at = operator.lastIndexOf(".");
  return { domain: operator.slice(0, Math.max(at, 0)), name: operator.slice(at + 1) };
}

function writeNode(w: BinaryWriter, node: NodeProto): void {
  for (const name of node.inputs) text(w, 1, name);
  for (const name of node.outputs) text(w, 2, name);
  text(w, 3, node.outputs[node.outputs.length - 1]);
  const { domain, name: operator } = split(node.operator);
  text(w, 4, operator);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    message(w, 5, () => {
      text(w, 1, name);
      writeAttribute(w, value);
    });
  }
  if (domain !== STANDARD) text(w, 7, domain);
}

function writeAttribute(w: BinaryWriter, value: Attribute): void {
  if (typeof value === "number") {
    int(w, 3, value);
    int(w, 20, 2); // INT
  } else if (typeof value === "string") {
    text(w, 4, value);
    int(w, 20, 3); // STRING
  } else if ("float" in value) {
    w.tag(2, WireType.Bit32).float(value.float);
    int(w, 20, 1); // FLOAT
  } else {
    for (const n of value) int(w, 8, n);
    int(w, 20, 7); // INTS
  }
}

function encodeTensor({ name, type, dims, data }: TensorProto): Part[] {
  const external = "location" in data;
  const head = bytes((w) => {
    for (const n of dims) int(w, 1, n);
    int(w, 2, elementType[type]);
    text(w, 8, name);
    if (!external) {
      w.tag(9, WireType.LengthDelimited).uint32(data.length); // the bytes follow
      return;
    }
    for (const [key, value] of Object.entries(data)) {
      message(w, 13, () => {
        text(w, 1, key);
        text(w, 2, String(value));
      });
    }
    int(w, 14, 1); // EXTERNAL
  });
  const parts: Part[] = external ? [head] : [head, data];
  return [bytes((w) => w.tag(5, WireType.LengthDelimited).uint32(lengthOf(parts))), ...parts];
}

function writeValueInfo(w: BinaryWriter, { name, type, dims }: ValueInfoProto): void {
  text(w, 1, name);
  message(w, 2, () => {
    message(w, 1, () => {
      int(w, 1, elementType[type]);
      message(w, 2, () => {
        for (const dim of dims) {
          message(w, 1, () => (typeof dim === "number" ? int(w, 1, dim) : text(w, 2, dim)));
        }
      });
    });
  });
}

function int(w: BinaryWriter, field: number, value: number): void {
  w.tag(field, WireType.Varint).int64(value);
}

function text(w: BinaryWriter, field: number, value: string): void {
  w.tag(field, WireType.LengthDelimited).string(value);
}

function message(w: BinaryWriter, field: number, write: () => unknown): void {
  w.tag(field, WireType.LengthDelimited).fork();
  write();
  w.join();
}

function bytes(write: (w: BinaryWriter) => unknown): Uint8Array {
  const w = new BinaryWriter();
  write(w);
  return w.finish();
}
