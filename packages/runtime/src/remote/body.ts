/** Reads a request's body of bounded size. What a body that is too large means is the caller's to say. */
import { ClozeError } from "@cloze/core";

/**
 * Reads the body of a request.
 *
 * @param limit The most bytes that are taken.
 * @returns The bytes, or `undefined` as soon as there are more: the rest is not waited for.
 * @throws ClozeError `aborted` when the client breaks off.
 * @example
 * const request = new Request(url, { method: "POST", body: "too long" });
 * await readBody(request, 4); // undefined
 */
export async function readBody(
  request: Request,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const promised = request.headers.get("content-length");
  if (promised !== null && Number(promised) > limit) return undefined;
  try {
    // The host delivers no more than the header promises, so the quick way is safe.
    return promised === null ? await readChunks(request, limit) : new Uint8Array(await request.arrayBuffer());
  } catch (cause) {
    if (cause instanceof TypeError) throw cause; // somebody has read the body before: no client's fault
    throw new ClozeError("aborted", "The client broke off before its request had arrived.", { cause });
  }
}

async function readChunks(
  { body: stream }: Request,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
