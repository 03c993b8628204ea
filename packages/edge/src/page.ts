/** The demo page: its file is a template, filled with the plugins and with a nonce that lets its own script run. */
import type { Plugin } from "@cloze/core";

/** Nothing is loaded from anywhere, and only this page's own style and script run. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

export function renderPage(template: string, plugins: readonly Plugin[]): Response {
  const nonce = crypto.randomUUID();
  const shown = plugins.map(({ name, title, kind, examples }) => ({ name, title, kind, examples }));
  const values: Readonly<Record<string, string>> = {
    nonce,
    plugins: JSON.stringify(shown).replaceAll("<", "\\u003c"), // no text ends the script element
  };
  const html = template.replace(/\{\{(nonce|plugins)\}\}/g, (_, key: string) => values[key]);
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy(nonce),
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    },
  });
}
