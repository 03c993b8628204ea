/** The list of servers as the variable CLOZE_SERVER_URL holds it. Whether they answer is the pool's matter. */
import { ClozeError } from "@cloze/core";

/** A server, and the share of requests that it gets beside the others. */
export interface Server {
  readonly url: string;
  readonly weight: number;
}

/**
 * Reads addresses separated by commas or spaces, each `URL` or `URL;weight=N`.
 *
 * @throws ClozeError `invalid-option` where one is no address, has a weight that is none, or stands there twice.
 * @example
 * const [first, second] = parseServers("https://gpu-1.example;weight=3, https://gpu-2.example/");
 * first.weight; // 3
 * second; // { url: "https://gpu-2.example", weight: 1 }
 */
export function parseServers(text: string): readonly Server[] {
  const servers = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(parseServer);
  const twice = servers.find(({ url }, i) => servers.findIndex((other) => other.url === url) !== i);
  if (twice) throw wrong("names one server twice: give it a weight");
  if (servers.length === 0) throw wrong("names no server: write http://host:port");
  return servers;
}

function parseServer(entry: string): Server {
  const [url, ...settings] = entry.split(";");
  if (!/^https?:\/\/[^?#@]+$/i.test(url) || !URL.canParse(url))
    throw wrong("has an address that is none: write http://host:port, without name, password or query");
  let weight = 1;
  for (const setting of settings) {
    weight = Number(/^weight=(\d{1,4})$/.exec(setting)?.[1]);
    if (!(weight > 0))
      throw wrong("has a weight that is none: write http://host:port;weight=N, N from 1 to 9999");
  }
  return { url: url.replace(/\/+$/, ""), weight };
}

/** Nothing of the text is repeated: an address may hold a password, and this reaches clients. */
function wrong(what: string): ClozeError {
  return new ClozeError("invalid-option", `CLOZE_SERVER_URL ${what}.`, { field: "CLOZE_SERVER_URL" });
}
