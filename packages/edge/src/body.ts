/** Request bodies as bytes and as JSON, of bounded size; what a route does with them is not known here. */
import { readBody } from "@cloze/runtime/remote";
import { Refusal } from "./problem.ts";

/** JSON, with whatever parameters but a charset that is another. */
const JSON_TYPE = /^application\/json\s*(?:;(?!\s*charset=(?!"?utf-8"?\s*(?:;|$)))[^;]*)*$/i;

/**
 * Reads a body of one of these types.
 *
 * @throws Refusal 415 where it is said to be of another type, 413 beyond `limit` bytes.
 */
export async function readBytes(
  request: Request,
  types: RegExp,
  limit: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!types.test((request.headers.get("content-type") ?? "").trim()))
    throw new Refusal(415, `Send ${what}.`);
  const bytes = await readBody(request, limit);
  if (!bytes) throw new Refusal(413, `A request may have ${limit} bytes: send less, or in parts.`);
  return bytes;
}

/**
 * Reads the bytes of a JSON body.
 *
 * @throws Refusal 415 where it is not said to be JSON, 413 beyond `limit` bytes.
 */
export function readJsonBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  return readBytes(
    request,
    JSON_TYPE,
    limit,
    "JSON in UTF-8, with the header Content-Type: application/json",
  );
}

/**
 * Reads JSON in UTF-8.
 *
 * @throws Refusal 400 where it is not JSON.
 */
export function parseJson(bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? ` (${cause.message})` : ": its bytes are not UTF-8";
    throw new Refusal(400, `The body is not JSON${why}.`, { cause });
  }
}
