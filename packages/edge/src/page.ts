/** The demo page: its file is a template, filled with the plugins and with a nonce that lets its own script run. */
import { contentPolicy } from "./content-policy.ts";
import type { EdgeModel } from "./options.ts";

/** What the page shows of a model. */
type Shown = Pick<EdgeModel, "plugins" | "encoder">;

/**
 * Fills the template.
 *
 * @param inputs The most inputs that one request may have.
 */
export function renderPage(template: string, { plugins, encoder }: Shown, inputs: number): Response {
  const nonce = crypto.randomUUID();
  const heads = plugins.map(({ name, title, version, kind, labels, metrics, examples }) => ({
    name,
    title,
    version,
    kind,
    labels,
    metrics,
    examples,
  }));
  const values: Readonly<Record<string, string>> = {
    nonce,
    service: JSON.stringify({ plugins: heads, inputs, encoder: encoder?.sha256 }).replaceAll("<", "\\u003c"), // no text ends the script element
  };
  const security = contentPolicy({
    // Beside the page's own script `/tab.js`, which it imports where no nonce reaches, and the WebAssembly in that.
    script: `'nonce-${nonce}' 'self' 'wasm-unsafe-eval'`,
    style: `'nonce-${nonce}'`,
    worker: "'self'",
  });
  const html = template.replace(/\{\{(nonce|service)\}\}/g, (_, key: string) => values[key]);
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": security,
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    },
  });
}
