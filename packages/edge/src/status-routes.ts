/** How the service is: `/healthz`, `/readyz` and `/metrics`. */
import * as z from "zod";
import { bindings } from "./env.ts";
import type { Metrics } from "./metrics.ts";
import { schemaOfOutput } from "./operation.ts";
import type { Mounted } from "./operation.ts";
import type { Services } from "./services.ts";

/** A health check waits less than a task. */
const READY_TIMEOUT_MS = 5_000;

const healthy = z.strictObject({ status: z.literal("ok") });
export const readySchema = z.strictObject({
  status: z.enum(["ready", "degraded"]).describe("Degraded: some of its servers are not asked for now."),
  servers: z.array(z.strictObject({ circuit: z.enum(["closed", "open", "half-open"]) })),
});

export function statusRoutes(services: Services, metrics: Metrics): readonly Mounted[] {
  return [
    {
      operation: {
        method: "get",
        path: "/healthz",
        id: "health",
        summary: "Whether the Worker is well",
        tag: "Status",
        answers: { 200: { description: "It is.", content: { "application/json": schemaOfOutput(healthy) } } },
      },
      handle: (c) => c.json({ status: "ok" } satisfies z.input<typeof healthy>),
    },
    {
      operation: {
        method: "get",
        path: "/readyz",
        id: "ready",
        summary: "Whether the Worker and its inference server are well",
        tag: "Status",
        answers: {
          200: { description: "They are.", content: { "application/json": schemaOfOutput(readySchema) } },
        },
        problems: [502, 503, 504],
      },
      async handle(c) {
        const env = bindings(c);
        const pool = services.pool(env);
        const headers = { "x-request-id": c.get("requestId"), ...services.credentials(env) };
        const { fetch } = c.get("timing");
        await pool.ready(
          { deadline: Date.now() + READY_TIMEOUT_MS, headers, fetch },
          { signal: c.req.raw.signal },
        );
        const servers = pool.state.map(({ circuit }) => ({ circuit }));
        const status = servers.every(({ circuit }) => circuit === "closed") ? "ready" : "degraded";
        return c.json({ status, servers } satisfies z.input<typeof readySchema>);
      },
    },
    {
      operation: {
        method: "get",
        path: "/metrics",
        id: "metrics",
        summary: "Counts of this isolate, for Prometheus",
        tag: "Status",
        scope: "admin",
        answers: { 200: { description: "Counts.", content: { "text/plain": { type: "string" } } } },
        problems: [503],
      },
      handle(c) {
        const env = bindings(c);
        return c.text(metrics.render(services.pool(env)));
      },
    },
  ];
}
