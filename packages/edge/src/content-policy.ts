/** What pages of this service may load and run: nothing from anywhere else. */

/**
 * A Content-Security-Policy.
 *
 * @param sources Where scripts, styles and workers come from, such as `'self'` or `'nonce-…'`.
 */
export function contentPolicy(sources: {
  readonly script: string;
  readonly style: string;
  readonly worker?: string;
}): string {
  return [
    "default-src 'none'",
    `script-src ${sources.script}`,
    `style-src ${sources.style}`,
    ...(sources.worker ? [`worker-src ${sources.worker}`] : []),
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
