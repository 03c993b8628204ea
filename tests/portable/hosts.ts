/**
 * The hosts that the core is promised for. Each runs a script that defines `portable` (the bundle of `checks.ts`) in a
 * process of its own, as the host runs scripts, and says what came of it.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Log, LogLevel, Miniflare } from "miniflare";
import { chromium } from "playwright-core";

export interface Outcome {
  /** What the host calls itself. */
  readonly host: string;
  /** What `run` gave. */
  readonly results: Readonly<Record<string, string>>;
}

export interface Host {
  readonly name: string;
  /** What `Outcome.host` has to say, so that no host is taken for another. */
  readonly says: RegExp;
  /** The program that has to be there, where it may not be, and how it gets there. */
  readonly needs?: { readonly file: string; readonly how: string };
  run(script: string): Promise<Outcome>;
}

/** Debian's; another system's browser may be named by CLOZE_CHROMIUM. */
const browser = process.env.CLOZE_CHROMIUM ?? "/usr/bin/chromium";
const executable = process.platform === "win32" ? "node.exe" : "node";

function node(major: number, folder: string, how: string): Host {
  const file = fileURLToPath(new URL(`${folder}/bin/${executable}`, import.meta.url));
  return {
    name: `Node ${major}`,
    says: new RegExp(`^Node ${major}\\.`),
    needs: { file, how },
    run: (script) =>
      new Promise((resolve, reject) => {
        const child = execFile(file, ["-"], (error, stdout) =>
          error ? reject(error) : resolve(JSON.parse(stdout) as Outcome),
        );
        child.stdin!.end(
          `${script}\nportable.run().then((results) => console.log(JSON.stringify({ results, host: "Node " + process.versions.node })));`,
        );
      }),
  };
}

const workerd: Host = {
  name: "workerd",
  says: /^Cloudflare-Workers$/,
  async run(script) {
    const contents = `${script}\nexport default { fetch: async () => Response.json({ results: await portable.run(), host: navigator.userAgent }) };`;
    const miniflare = new Miniflare({
      cf: false, // nothing is fetched from Cloudflare
      log: new Log(LogLevel.NONE),
      workers: [
        {
          config: {
            name: "portable",
            compatibilityDate: "2026-11-01",
            manifest: { mainModule: "portable.js", modules: { "portable.js": { type: "esm", contents } } },
          },
        },
      ],
    });
    try {
      const response = await fetch(await miniflare.ready);
      return (await response.json()) as Outcome;
    } finally {
      await miniflare.dispose();
    }
  },
};

const page: Host = {
  name: "Chromium",
  says: /Chrome\/\d+/,
  needs: { file: browser, how: "install Chromium, or name another in CLOZE_CHROMIUM" },
  async run(script) {
    const instance = await chromium.launch({
      executablePath: browser,
      args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    });
    try {
      const tab = await instance.newPage();
      await tab.addScriptTag({ content: script });
      return await tab.evaluate<Outcome>(
        "portable.run().then((results) => ({ results, host: navigator.userAgent }))",
      );
    } finally {
      await instance.close();
    }
  },
};

const others = "npm ci --prefix tests/portable/nodes";

export const hosts: readonly Host[] = [
  node(20, "nodes/node_modules/node-20", others),
  node(22, "nodes/node_modules/node-22", others),
  node(24, "../../node_modules/node", "npm ci"),
  workerd,
  page,
];

/** Whether a host is here. */
export function isHere({ needs }: Host): boolean {
  return needs === undefined || existsSync(needs.file);
}
