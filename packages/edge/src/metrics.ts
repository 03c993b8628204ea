/**
 * Counts of this isolate in Prometheus' text format. A Worker runs as many isolates, each with counts of its own, so
 * these tell of one of them: enough for tests and to look at; Cloudflare's analytics add up all.
 */
import type { ServerPool, ServerState } from "./servers/index.ts";

/** How many requests were answered how. */
export class Metrics {
  readonly #requests = new Map<string, number>();

  count(route: string, status: number): void {
    const labels = `route="${route}",status="${status}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
  }

  render({ state: servers, refused }: Pick<ServerPool, "state" | "refused">): string {
    const lines = [
      "# HELP cloze_edge_requests_total Requests answered, by route and status.",
      "# TYPE cloze_edge_requests_total counter",
      ...[...this.#requests].map(([labels, count]) => `cloze_edge_requests_total{${labels}} ${count}`),
      "# HELP cloze_edge_refused_runs_total Runs that were not sent, since no circuit let them through.",
      "# TYPE cloze_edge_refused_runs_total counter",
      `cloze_edge_refused_runs_total ${refused}`,
    ];
    const perServer = (name: string, type: string, help: string, value: (server: ServerState) => number) => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const server of servers) lines.push(`${name}{server="${server.server}"} ${value(server)}`);
    };
    const open = { closed: 0, "half-open": 1, open: 2 } as const;
    perServer(
      "cloze_edge_circuit_state",
      "gauge",
      "The circuit of an inference server: 0 closed, 1 half-open, 2 open.",
      ({ circuit }) => open[circuit],
    );
    perServer("cloze_edge_server_requests_total", "counter", "Runs sent.", ({ requests }) => requests);
    perServer("cloze_edge_server_failures_total", "counter", "Runs that failed.", ({ failures }) => failures);
    perServer("cloze_edge_server_retries_total", "counter", "Runs sent again.", ({ retries }) => retries);
    return `${lines.join("\n")}\n`;
  }
}
