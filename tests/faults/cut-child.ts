/**
 * A Worker and an inference server whose network is cut, in a network namespace of their own: the server's address is
 * taken away and what is sent to it goes nowhere, as when a cable is pulled. `network.test.ts` starts it with `unshare -n`
 * and reads what it found out as JSON.
 */
import { execFileSync } from "node:child_process";
import { startWorker } from "../edge/worker.ts";
import { ask, askMany, recovery, statusesOf } from "./ask.ts";
import { startServerProcess } from "./server-process.ts";

const ADDRESS = "198.18.0.1"; // of the range for tests, RFC 2544
const ip = (...words: string[]) =>
  execFileSync(
    "ip",
    words.flatMap((word) => word.split(" ")),
  );

ip("link set lo up");
ip(`address add ${ADDRESS}/32 dev lo`);
ip("tuntap add dev nowhere mode tun");
ip("link set nowhere up");
ip(`route add ${ADDRESS}/32 dev nowhere`); // counts once the address is nobody's

await using server = await startServerProcess(`http://${ADDRESS}:0`);
await using worker = await startWorker(server.url);
const before = await ask(worker, 3000);

server.slowDown(300);
const running = askMany(worker, 3, 1500);
await new Promise((resolve) => setTimeout(resolve, 100));
ip(`address del ${ADDRESS}/32 dev lo`);
const during = statusesOf([...(await running), ...(await askMany(worker, 3, 1500))]);
const refused = await ask(worker, 1500);

ip(`address add ${ADDRESS}/32 dev lo`);
server.slowDown(0);
const recoveredMs = await recovery(worker);
const after = statusesOf(await askMany(worker, 5, 3000));
console.log(JSON.stringify({ before, during, refused, recoveredMs, after }));
