/**
 * ONNX's own messages (onnx.proto), as far as Cloze writes them: nodes, initializers, value types.
 *
 * Only field numbers and types stand here; what is emitted is `emit.ts`'s matter.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** onnx.TensorProto.DataType. */
const elementType = { F32: 1, I32: 6, I64: 7, F16: 10, F64: 11, BF16: 16 } as const;
type ElementType = keyof typeof elementType;

export interface NodeProto {
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
  readonly data: Uint8Array | { readonly location: string; readonly offset: number; readonly length: number };
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

export function encodeModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  const w = new BinaryWriter();
  int(w, 1, model.irVersion);
  text(w, 2, "cloze");
  message(w, 7, () => {
    for (const node of model.nodes) message(w, 1, () => writeNode(w, node));
    text(w, 2, "bert");
    for (const tensor of model.initializers) message(w, 5, () => writeTensor(w, tensor));
    for (const value of model.inputs) message(w, 11, () => writeValueInfo(w, value));
    for (const value of model.outputs) message(w, 12, () => writeValueInfo(w, value));
  });
  message(w, 8, () => {
    text(w, 1, ""); // the standard operators' domain
    int(w, 2, model.opset);
  });
  return w.finish();
}

function writeNode(w: BinaryWriter, node: NodeProto): void {
  for (const name of node.inputs) text(w, 1, name);
  for (const name of node.outputs) text(w, 2, name);
  text(w, 3, node.outputs[0]);
  text(w, 4, node.operator);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    message(w, 5, () => {
      text(w, 1, name);
      writeAttribute(w, value);
    });
  }
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

function writeTensor(w: BinaryWriter, { name, type, dims, data }: TensorProto): void {
  for (const n of dims) int(w, 1, n);
  int(w, 2, elementType[type]);
  text(w, 8, name);
  if (data instanceof Uint8Array) {
    w.tag(9, WireType.LengthDelimited).bytes(data);
    return;
  }
  for (const [key, value] of Object.entries(data)) {
    message(w, 13, () => {
      text(w, 1, key);
      text(w, 2, String(value));
    });
  }
  int(w, 14, 1); // EXTERNAL
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
