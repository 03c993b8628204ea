/** The end of a server: what has arrived is answered. */
import { expect, test } from "vitest";
import { starter } from "../starter.ts";
import { inferBody, startServerProcess } from "./server-process.ts";

/** Work for a second or so, as several requests. */
function askMuch(url: string): Promise<number>[] {
  const ids = [101, ...Array.from({ length: 510 }, () => 2143), 102];
  const body = inferBody({ outputs: [{ name: "sentiment" }] }, ids);
  return Array.from({ length: 6 }, async () => {
    const response = await fetch(`${url}/v2/models/model/infer`, { method: "POST", body });
    await response.arrayBuffer();
    return response.status;
  });
}

test("SIGTERM lets requests in flight finish, answers others 503 meanwhile, and exits 0", async () => {
  await using server = await startServerProcess(["--model", starter, "--log-level", "info"]);
  const running = askMuch(server.url);
  await new Promise((resolve) => setTimeout(resolve, 100));
  server.child.kill("SIGTERM");
  let late: Response | undefined;
  await expect
    .poll(async () => {
      late = await fetch(`${server.url}/v2/health/ready`);
      return late.status;
    })
    .toBe(503);
  const refused = await fetch(`${server.url}/v2/models/model/infer`, { method: "POST", body: "{}" });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect((await fetch(`${server.url}/v2/health/live`)).status).toBe(200);
  expect(await Promise.all(running)).toEqual([200, 200, 200, 200, 200, 200]);
  const { code, err } = await server.ended;
  expect(code).toBe(0);
  const lines = err
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { msg: string; status?: number });
  expect(lines.filter(({ status }) => status === 200)).toHaveLength(6);
});

test("a second signal ends it at once", async () => {
  await using server = await startServerProcess(["--model", starter]);
  const running = Promise.allSettled(askMuch(server.url));
  await new Promise((resolve) => setTimeout(resolve, 100));
  server.child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 50));
  server.child.kill("SIGTERM");
  expect((await server.ended).code).toBe(130);
  expect((await running).some(({ status }) => status === "rejected")).toBe(true);
});
