/** `cloze serve` as a child, on a free port. */
import { finish, start } from "../cli/cloze.ts";

export interface Served extends AsyncDisposable {
  readonly url: string;
}

/** Resolves when it answers. */
export async function serve(...options: readonly string[]): Promise<Served> {
  const child = start(["serve", "--port", "0", "--json", ...options]);
  const ended = finish(child);
  let out = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    out += String(chunk);
    if (out.endsWith("\n")) break;
  }
  return {
    url: (JSON.parse(out) as { url: string }).url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
