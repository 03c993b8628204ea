/** Bodies as HTTP carries them: of bounded size, compressed where a client wants that. */
import { ClozeError } from "@cloze/core";
import { readBody } from "@cloze/runtime/remote";
import { promisify } from "node:util";
import * as zlib from "node:zlib";

const constants = { level: zlib.constants.Z_BEST_SPEED };
const inflate = { gzip: promisify(zlib.gunzip), deflate: promisify(zlib.inflate) };
const deflate = {
  gzip: promisify<zlib.InputType, zlib.ZlibOptions, Buffer<ArrayBuffer>>(zlib.gzip),
  deflate: promisify<zlib.InputType, zlib.ZlibOptions, Buffer<ArrayBuffer>>(zlib.deflate),
};

type Coding = keyof typeof deflate;

function isCoding(value: string): value is Coding {
  return Object.hasOwn(deflate, value);
}

/** What a request's body is, or why it is not taken. */
export type Received =
  { readonly body: Uint8Array<ArrayBuffer> } | { readonly status: 413 | 415; readonly error: string };

/**
 * Reads a request's body and undoes its Content-Encoding.
 *
 * @param limit The most bytes, before and after.
 * @throws ClozeError `invalid-input` for damaged data, `aborted` when the client breaks off.
 */
export async function receive(request: Request, limit: number): Promise<Received> {
  const coding = request.headers.get("content-encoding")?.trim().toLowerCase() || "identity";
  if (coding !== "identity" && !isCoding(coding))
    return {
      status: 415,
      error: `The Content-Encoding ${coding.slice(0, 40)} is not known: use gzip or deflate.`,
    };
  const body = await readBody(request, limit);
  const tooLarge = { status: 413, error: `A request may have ${limit} bytes: send fewer rows.` } as const;
  if (!body) return tooLarge;
  if (!isCoding(coding)) return { body };
  try {
    const { buffer, byteOffset, length } = await inflate[coding](body, { maxOutputLength: limit });
    return { body: new Uint8Array(buffer, byteOffset, length) };
  } catch (cause) {
    if (cause instanceof RangeError) return tooLarge; // ERR_BUFFER_TOO_LARGE
    throw new ClozeError("invalid-input", `The body is not ${coding}, as its Content-Encoding says.`, {
      cause,
    });
  }
}

/**
 * Compresses an answer for those who ask for one coding and no other, as Triton's clients do. What browsers and HTTP
 * libraries send by themselves, a list of all that they know, is no reason to: numbers hardly get smaller by it.
 */
export async function compress(
  body: Uint8Array<ArrayBuffer>,
  acceptEncoding: string | undefined,
): Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly coding?: Coding }> {
  const coding = acceptEncoding?.trim().toLowerCase() ?? "";
  return isCoding(coding) ? { body: await deflate[coding](body, constants), coding } : { body };
}
