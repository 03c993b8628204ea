/**
 * Who may do what: keys with a scope, of which only the hashes are known here. A key is looked for among all of them in
 * constant time, by its hash.
 */
import { ClozeError } from "@cloze/core";
import type { MiddlewareHandler } from "hono";
import { bindings } from "./env.ts";
import type { EdgeBindings, EdgeEnv } from "./env.ts";
import { Refusal } from "./problem.ts";

/** What a key lets do: run what is there, or also install and remove plugins and read metrics. */
export type Scope = "use" | "admin";

/** A key as the service knows it. */
export interface ApiKey {
  /** Whose it is: for logs and rate limits. */
  readonly name: string;
  readonly scope: Scope;
  readonly sha256: Uint8Array<ArrayBuffer>;
}

/**
 * Reads keys, one a line: `NAME use|admin SHA256`, the last in hexadecimal digits. Empty lines and those that begin with
 * `#` are left out.
 *
 * @throws ClozeError `invalid-option` with the line that is wrong; its text is not repeated.
 * @example
 * parseKeys("ci use 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b")[0].name; // "ci"
 */
export function parseKeys(text: string): readonly ApiKey[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (/^\s*(#|$)/.test(line)) return [];
    const [, name, scope, hex] = /^\s*(\S+)\s+(use|admin)\s+([0-9a-fA-F]{64})\s*$/.exec(line) ?? [];
    if (hex === undefined)
      throw new ClozeError(
        "invalid-option",
        `Line ${i + 1} of the keys should be NAME, use or admin, and the SHA-256 of the key in hexadecimal digits.`,
      );
    return [{ name, scope: scope as Scope, sha256: fromHex(hex) }];
  });
}

/** Finds the key that a request carries as `Authorization: Bearer KEY`. */
async function findKey(
  keys: readonly ApiKey[],
  authorization: string | undefined,
): Promise<ApiKey | undefined> {
  const given = /^Bearer +(\S{1,512}) *$/i.exec(authorization ?? "")?.[1];
  if (given === undefined) return undefined;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(given)));
  let found: ApiKey | undefined;
  for (const key of keys) {
    let difference = 0;
    for (let i = 0; i < hash.length; i++) difference |= hash[i] ^ key.sha256[i];
    if (difference === 0) found = key; // and goes on, so that the place in the list does not show
  }
  return found;
}

/** Lets through what has a key of that scope, or whatever there is no key for. */
export function requireScope(
  scope: Scope,
  keysOf: (env: EdgeBindings) => readonly ApiKey[] | undefined,
): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const env = bindings(c);
    const keys = keysOf(env);
    if (keys === undefined) {
      if (scope === "admin" && !(env.CLOZE_ADMIN === "open" && isOwnMachine(new URL(c.req.url).hostname)))
        throw new Refusal(
          403,
          "This service has no keys, so nobody may change it: set the secret CLOZE_KEYS.",
        );
      return next();
    }
    const key = await findKey(keys, c.req.header("authorization"));
    if (!key)
      throw new Refusal(401, "Send a key of this service: Authorization: Bearer KEY.", {
        headers: { "www-authenticate": 'Bearer realm="cloze"' },
      });
    if (scope === "admin" && key.scope !== "admin")
      throw new Refusal(403, `The key ${key.name} may use the service, not change it: send an admin key.`);
    c.set("key", key);
    return next();
  };
}

/**
 * Whether a host is this machine by its own name: by another a page from elsewhere may have come to it, whose name was
 * made to point here.
 */
function isOwnMachine(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
