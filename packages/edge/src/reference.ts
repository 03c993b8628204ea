/** The API reference at `/docs`: Scalar's page over `/openapi.json`, its script from this service's own assets. */
import { contentPolicy } from "./content-policy.ts";

/** Where the reference's script lies among the assets. */
const REFERENCE_SCRIPT = "/reference.js";

/** The page. It loads nothing from anywhere else. */
export function renderReference(title: string): Response {
  const nonce = crypto.randomUUID();
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
</head>
<body>
<noscript>This reference needs JavaScript; <a href="/openapi.json">/openapi.json</a> says the same.</noscript>
<div id="reference"></div>
<script nonce="${nonce}" src="${REFERENCE_SCRIPT}"></script>
<script nonce="${nonce}">
if (window.Scalar) Scalar.createApiReference("#reference", {
  url: "/openapi.json", withDefaultFonts: false, telemetry: false, hideClientButton: true,
  mcp: { disabled: true }, agent: { disabled: true }, showDeveloperTools: "never",
});
else document.getElementById("reference").innerHTML =
  'The reference\\'s script is not part of this deployment; <a href="/openapi.json">/openapi.json</a> says the same.';
</script>
</body>
</html>`;
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      // Scalar's styles are made by its script.
      "content-security-policy": contentPolicy({
        script: `'nonce-${nonce}'`,
        style: "'self' 'unsafe-inline'",
      }),
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    },
  });
}
