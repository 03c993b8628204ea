/** Reads a body of bounded size. What a body that is too large means is the caller's to say. */

/**
 * @param limit The most bytes that are taken.
 * @returns The bytes, or `undefined` as soon as there are more: the rest is not waited for.
 */
export async function readBody(
  message: Request | Response,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const promised = message.headers.get("content-length");
  if (promised !== null) {
    // The host delivers no more than the header promises, so the quick way is safe.
    return Number(promised) > limit ? undefined : new Uint8Array(await message.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (message.body) {
    for await (const chunk of message.body) {
      size += chunk.length;
      if (size > limit) return undefined;
      chunks.push(chunk);
    }
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
