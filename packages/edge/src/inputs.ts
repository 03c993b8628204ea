/**
 * What a request asks: one input of a route or a list of them, options beside. Checked with zod, and refused with the
 * field that is wrong; how the JSON came here is not known.
 */
import { ClozeError } from "@cloze/core";
import * as z from "zod";

/** The inputs of a request, and whether they came as a list. */
export interface Inputs<I, O> {
  readonly inputs: readonly I[];
  readonly options: O;
  readonly many: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads `{ …input, …options }` or `{ inputs: [{ …input }, …], …options }`.
 *
 * @param most The most inputs that a list may have.
 * @throws ClozeError `invalid-input`, with the field.
 */
export function parseInputs<I extends z.ZodObject, O extends z.ZodObject>(
  json: unknown,
  input: I,
  options: O,
  most: number,
): Inputs<z.output<I>, z.output<O>> {
  if (!isObject(json)) throw wrong("", `should be an object, but is ${show(json)}`);
  const many = Object.hasOwn(json, "inputs");
  const ofInput = many ? ["inputs"] : Object.keys(input.shape);
  const ofOptions = Object.keys(options.shape);
  const unknown = Object.keys(json).find((key) => !ofInput.includes(key) && !ofOptions.includes(key));
  if (unknown !== undefined) throw wrong("", notAField([...ofInput, ...ofOptions], unknown), unknown);
  const list = z
    .array(input, expected(`a list of at most ${most}`))
    .max(most, `should have at most ${most} items`);
  return {
    options: check(options, pick(json, ofOptions), []),
    inputs: many ? check(list, json.inputs, ["inputs"]) : [check(input, pick(json, ofInput), [])],
    many,
  };
}

/** An object of these fields and no others. */
export function object<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? notAField(Object.keys(shape), String(issue.keys))
        : `should be an object, but is ${show(issue.input)}`,
  });
}

/** A whole number in a range. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
  const rule = expected(`a whole number ${range}`);
  return z.int(rule).min(least, rule).max(most, rule);
}

/** The message of a field that is not what it should be. */
export function expected(what: string) {
  return { error: ({ input }: { readonly input?: unknown }) => `should be ${what}, but is ${show(input)}` };
}

export function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  at: readonly PropertyKey[],
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [...at, ...issue.path];
  const keys = issue.code === "unrecognized_keys" ? [issue.keys[0]] : [];
  throw wrong(pathName(path), issue.message, pathName([...path, ...keys]));
}

/** A path as people write it: `inputs[3].text`. */
function pathName(path: readonly PropertyKey[]): string {
  return path
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`))
    .join("");
}

function pick(json: Json, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(json).filter(([key]) => keys.includes(key)));
}

function notAField(known: readonly string[], key: string): string {
  return `takes ${known.join(", ")}, but not ${key.slice(0, 60)}`;
}

export function wrong(at: string, message: string, field = at): ClozeError {
  return new ClozeError("invalid-input", `${at || "The body"} ${message}.`, field === "" ? {} : { field });
}

function show(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  if (typeof value === "string") return "a text";
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
