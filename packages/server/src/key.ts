/** The secret that clients of a guarded server send as `Authorization: Bearer …`. */
import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Whether a header carries the key. How long that takes tells nothing of it. */
export function hasKey(authorization: string | undefined, key: string): boolean {
  const [, sent] = /^Bearer +(\S.*)$/i.exec(authorization ?? "") ?? [];
  return sent !== undefined && timingSafeEqual(digest(sent.trimEnd()), digest(key));
}
