/**
 * An inference server in a process of its own, to be killed, stopped and slowed down. `server-process.ts` starts it with a
 * port and a host; it tells its address when it listens, and takes from then on how long its runs should last.
 */
import { startFakeServer } from "../edge/fake-starter.ts";

const [port, host] = process.argv.slice(2);
const server = await startFakeServer({ port: Number(port), host });
let delayMs = 0;
server.session.gate = () => new Promise((resolve) => setTimeout(resolve, delayMs));
process.on("message", (ms: number) => (delayMs = ms));
process.on("disconnect", () => process.exit()); // its parent is gone
process.on("SIGTERM", () => void server.close().then(() => process.exit()));
process.send?.(server.url);
