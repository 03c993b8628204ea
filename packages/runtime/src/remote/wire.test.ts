import { ClozeError } from "@cloze/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { narrow } from "../narrow.ts";
import { widen } from "../weights.ts";
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from "./wire.ts";

const text = (body: Uint8Array): string => new TextDecoder().decode(body);
const bytes = (json: unknown, tail: ArrayLike<number> = []): Uint8Array<ArrayBuffer> => {
  const head = new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json));
  const body = new Uint8Array(head.length + tail.length);
  body.set(head);
  body.set(tail, head.length);
  return body;
};
const feeds = (ids: number[], dims: number[]) =>
  ({
    input_ids: { type: "int32", dims, data: Int32Array.from(ids) },
    attention_mask: { type: "float32", dims, data: new Float32Array(ids.length).fill(1) },
  }) as const;

describe("a request", () => {
  it("is a JSON header, filled up with spaces to a multiple of 8, then the tensors", () => {
    const { body, headerLength = 0 } = encodeRequest(feeds([101, 7, 102], [1, 3]), ["sentiment"], {
      timeoutMs: 1.5,
    });
    expect(headerLength % 8).toBe(0);
    expect(JSON.parse(text(body.subarray(0, headerLength)))).toEqual({
      parameters: { binary_data_output: true, timeout: 1500 },
      inputs: [
        { name: "input_ids", datatype: "INT64", shape: [1, 3], parameters: { binary_data_size: 24 } },
        { name: "attention_mask", datatype: "INT64", shape: [1, 3], parameters: { binary_data_size: 24 } },
      ],
      outputs: [{ name: "sentiment", parameters: { binary_data: true } }],
    });
    expect([...new BigInt64Array(body.buffer, headerLength)]).toEqual([101n, 7n, 102n, 1n, 1n, 1n]);
  });

  it.each([
    [undefined, undefined],
    [0, undefined],
    [1, 1],
    [150_500, 151],
  ])("with a timeout of %s microseconds waits %s whole milliseconds", (timeout, timeoutMs) => {
    expect(decodeRequest(bytes({ inputs: [], parameters: { timeout } }), null).timeoutMs).toBe(timeoutMs);
  });

  it("is read as it was written, wherever its bytes lie", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1 }),
        fc.nat(7),
        (ids, shift) => {
          const { body, headerLength } = encodeRequest(feeds(ids, [1, ids.length]), ["a", "b"]);
          const moved = new Uint8Array(body.length + shift).subarray(shift);
          moved.set(body);
          const request = decodeRequest(moved, String(headerLength));
          expect(request.inputs.get("input_ids")).toEqual({
            datatype: "INT64",
            shape: [1, ids.length],
            data: Int32Array.from(ids),
          });
          expect(request.inputs.get("attention_mask")?.data).toEqual(new Int32Array(ids.length).fill(1));
          expect(request.outputs?.map(({ name }) => name)).toEqual(["a", "b"]);
        },
      ),
    );
  });

  it("may come as JSON throughout, flat or nested, and then says itself how it wants its outputs", () => {
    const request = decodeRequest(
      bytes({
        id: "7",
        inputs: [
          { name: "a", datatype: "INT64", shape: [2, 2], data: [1, 2, 3, 4] },
          {
            name: "b",
            datatype: "INT32",
            shape: [2, 2],
            data: [
              [5, 6],
              [7, 8],
            ],
          },
          { name: "c", datatype: "FP32", shape: [1, 1, 2], data: [[[0.5, 2]]] },
        ],
        outputs: [{ name: "x" }, { name: "y", parameters: { binary_data: true } }],
      }),
      null,
    );
    expect(request.id).toBe("7");
    expect(request.inputs.get("a")?.data).toEqual(Int32Array.of(1, 2, 3, 4));
    expect(request.inputs.get("b")?.data).toEqual(Int32Array.of(5, 6, 7, 8));
    expect(request.inputs.get("c")?.data).toEqual(Float32Array.of(0.5, 2));
    expect(request.outputs).toEqual([
      { name: "x", binary: false },
      { name: "y", binary: true },
    ]);
  });

  it("asks for FP16 by a parameter of its own", () => {
    const { body, headerLength } = encodeRequest(feeds([1], [1, 1]), ["a", "b"], { half: ["b"] });
    expect(decodeRequest(body, String(headerLength)).outputs).toEqual([
      { name: "a", binary: true },
      { name: "b", binary: true, half: true },
    ]);
  });

  it("has the priority that it says, 0 where it says none", () => {
    expect(decodeRequest(bytes({ inputs: [], parameters: { priority: 2 } }), null).priority).toBe(2);
    expect(decodeRequest(bytes({ inputs: [] }), null).priority).toBe(0);
  });

  it("that names no outputs asks for all", () => {
    expect(decodeRequest(bytes({ inputs: [] }), null).outputs).toBeUndefined();
    expect(decodeRequest(bytes({ inputs: [], outputs: [] }), null).outputs).toBeUndefined();
  });
});

const input = (over: object) => ({ name: "a", datatype: "INT64", shape: [1], data: [1], ...over });

describe("a request is refused with a sentence", () => {
  const binary = (size: unknown, over: object = {}) =>
    input({ data: undefined, parameters: { binary_data_size: size }, ...over });
  const one = (over: object, tail: number[] = []) => {
    const json = JSON.stringify({ inputs: [over] });
    return [bytes(json, tail), tail.length > 0 ? String(json.length) : null] as const;
  };
  const nested = (depth: number) => {
    const data = `${"[".repeat(depth)}${"]".repeat(depth)}`;
    const json = `{"inputs":[{"name":"a","datatype":"INT64","shape":[1],"data":${data}}]}`;
    return [bytes(json), null] as const;
  };
  const cases: [string, readonly [Uint8Array<ArrayBuffer>, string | null], RegExp][] = [
    ["no JSON", [bytes("{"), null], /not JSON/],
    ["bytes that are not UTF-8", [Uint8Array.of(0x22, 0xff, 0x22), null], /not JSON/],
    ["no object", [bytes("[]"), null], /one JSON object/],
    ["no inputs", [bytes("{}"), null], /inputs should be a list/],
    ["a header length that is no number", [bytes("{}"), "2 "], /should be 1 to 2/],
    ["a header length that is negative", [bytes("{}"), "-1"], /should be 1 to 2/],
    ["a header length of 0", [bytes("{}"), "0"], /should be 1 to 2/],
    ["a header length beyond the body", [bytes("{}"), "3"], /should be 1 to 2/],
    ["an input that is no object", one([] as object), /inputs\[0\] should be an object/],
    ["no name", one(input({ name: undefined })), /should have a name/],
    ["an unknown datatype", one(input({ datatype: "FP8" })), /INT64, INT32, FP32 or FP16/],
    ["a datatype of Object's own", one(input({ datatype: "constructor" })), /INT64, INT32, FP32 or FP16/],
    ["no shape", one(input({ shape: undefined })), /shape of a/],
    ["a negative size", one(input({ shape: [-1] })), /none negative/],
    ["a size that is not whole", one(input({ shape: [0.5] })), /none negative/],
    ["sizes whose product is out of range", one(input({ shape: [2 ** 40, 2 ** 40] })), /none negative/],
    ["too many sizes", one(input({ shape: Array(9).fill(1) })), /up to 8 sizes/],
    ["neither data nor bytes", one(input({ data: undefined })), /either data or binary/],
    [
      "both data and bytes",
      one(input({ parameters: { binary_data_size: 8 } }), Array(8).fill(0)),
      /either data or/,
    ],
    [
      "a size that its shape contradicts",
      one(binary(16), Array(16).fill(0)),
      /16 bytes, but INT64 of shape \[1\] has 8/,
    ],
    ["more bytes than there are", one(binary(8)), /only 0 are left/],
    ["a huge promise", one(binary(8 * 2 ** 40, { shape: [2 ** 40] }), [0]), /only 1 are left/],
    ["a size that is no number", one(binary("8")), /should be a size/],
    ["bytes that belong to nothing", one(binary(8), Array(9).fill(0)), /1 bytes more/],
    ["an INT64 beyond 32 bits", one(binary(8), [0, 0, 0, 0, 1, 0, 0, 0]), /does not fit in 32 bits/],
    ["a JSON number beyond 32 bits", one(input({ data: [2 ** 31] })), /does not fit in 32 bits/],
    ["a fraction as INT64", one(input({ data: [0.5] })), /INT64 numbers, but has 0.5/],
    ["a text as a number", one(input({ data: ["1"] })), /but has "1"/],
    ["too few numbers", one(input({ shape: [2] })), /one list of its numbers/],
    ["a ragged list", one(input({ shape: [2, 2], data: [[1, 2], [3]] })), /one list of its numbers/],
    ["deeply nested lists", nested(500), /but has a list or an object/],
    ["lists nested beyond what can be written out again", nested(100_000), /but has a list or an object/],
    ["parameters that are no object", one(input({ parameters: 1 })), /parameters should be/],
    ["one name twice", [bytes({ inputs: [input({}), input({})] }), null], /two tensors named a/],
    [
      "an output twice",
      [bytes({ inputs: [], outputs: [{ name: "x" }, { name: "x" }] }), null],
      /names x twice/,
    ],
    [
      "an output without a name",
      [bytes({ inputs: [], outputs: [{}] }), null],
      /outputs\[0\] should have a name/,
    ],
    [
      "a timeout that is none",
      [bytes({ inputs: [], parameters: { timeout: "soon" } }), null],
      /timeout should be/,
    ],
    [
      "a priority that is none",
      [bytes({ inputs: [], parameters: { priority: -1 } }), null],
      /priority should be a whole number/,
    ],
    [
      "an output of a type that there is not",
      [bytes({ inputs: [], outputs: [{ name: "x", parameters: { datatype: "FP8" } }] }), null],
      /x can be sent as FP32 or FP16/,
    ],
    [
      "FP16 in JSON",
      [bytes({ inputs: [], outputs: [{ name: "x", parameters: { datatype: "FP16" } }] }), null],
      /in binary only/,
    ],
    [
      "Triton's classification",
      [bytes({ inputs: [], outputs: [{ name: "x", parameters: { classification: 2 } }] }), null],
      /classification of x is not known/,
    ],
    ["an id that is a number", [bytes({ inputs: [], id: 1 }), null], /id should be a text/],
  ];
  it.each(cases)("%s", (_, [body, headerLength], sentence) => {
    expect(() => decodeRequest(body, headerLength)).toThrow(sentence);
    expect(() => decodeRequest(body, headerLength)).toThrow(ClozeError);
  });

  it("in a moment, however many outputs it names", () => {
    const outputs = Array.from({ length: 100_000 }, (_, i) => ({ name: `o${i}` }));
    const start = performance.now();
    expect(() => decodeRequest(bytes({ inputs: [], outputs: [...outputs, { name: "o7" }] }), null)).toThrow(
      "outputs names o7 twice",
    );
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("and nothing that comes in throws anything else", () => {
    const valid = encodeRequest(feeds([1, 2, 3, 4], [2, 2]), ["a"]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.body.length - 1), fc.nat(255)), { maxLength: 8 }),
        (changes) => {
          const body = valid.body.slice();
          for (const [at, value] of changes) body[at] = value;
          try {
            decodeRequest(body, String(valid.headerLength));
          } catch (error) {
            expect(error).toBeInstanceOf(ClozeError);
          }
        },
      ),
    );
  });
});

describe("a response", () => {
  const tensor = { type: "float32", dims: [2, 2], data: Float32Array.of(1, -2, 0.5, 4) } as const;
  const model = { name: "m", version: "1", id: "x" };

  it("is read as it was written, binary or JSON", () => {
    for (const binary of [true, false]) {
      const { body, headerLength } = encodeResponse(model, [
        { name: "a", binary, tensor },
        { name: "b", binary: true, tensor },
      ]);
      const outputs = decodeResponse(body, String(headerLength));
      expect(outputs.get("a")).toEqual(tensor);
      expect(outputs.get("b")).toEqual(tensor);
    }
  });

  it("carries what may come as FP16 in half the bytes, each number the nearest, wherever it lies", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, min: -65_000, max: 65_000 }), { minLength: 1 }),
        (numbers) => {
          const data = Float32Array.from(numbers);
          const half = { type: "float32", dims: [1, data.length], data } as const;
          const { body, headerLength } = encodeResponse(model, [
            { name: "a", binary: true, half: true, tensor: half },
            { name: "b", binary: true, tensor },
            { name: "c", binary: true, half: true, tensor: half },
          ]);
          expect(body.length).toBe(headerLength! + 4 * data.length + 16);
          const outputs = decodeResponse(body, String(headerLength));
          const nearest = widen(narrow("a", data, "F16"), "F16");
          expect(outputs.get("a")).toEqual({ ...half, data: nearest });
          expect(outputs.get("b")).toEqual(tensor);
          expect(outputs.get("c")?.data).toEqual(nearest);
        },
      ),
    );
  });

  it("is FP32 where a number is too large for FP16, or where nobody asked for it", () => {
    const wide = { type: "float32", dims: [1, 1], data: Float32Array.of(65_520) } as const;
    const { body, headerLength } = encodeResponse(model, [
      { name: "a", binary: true, half: true, tensor: wide },
      { name: "b", binary: true, tensor },
      { name: "c", binary: true, half: true, tensor },
    ]);
    const { outputs } = JSON.parse(text(body.subarray(0, headerLength))) as { outputs: object[] };
    expect(outputs).toMatchObject([{ datatype: "FP32" }, { datatype: "FP32" }, { datatype: "FP16" }]);
    expect(decodeResponse(body, String(headerLength)).get("a")?.data).toEqual(wide.data);
  });

  it("without binary outputs is JSON alone", () => {
    const { body, headerLength } = encodeResponse(model, [{ name: "a", binary: false, tensor }]);
    expect(headerLength).toBeUndefined();
    expect(JSON.parse(text(body))).toEqual({
      model_name: "m",
      model_version: "1",
      id: "x",
      outputs: [{ name: "a", datatype: "FP32", shape: [2, 2], data: [1, -2, 0.5, 4] }],
    });
  });

  it("with whole numbers is refused: Cloze's outputs are FP32", () => {
    const outputs = [{ name: "a", datatype: "INT32", shape: [1], data: [1] }];
    expect(() => decodeResponse(bytes({ outputs }), null)).toThrow("a should be FP32 or FP16");
  });
});
