/**
 * What the Worker costs: the same classification through workerd, and asked of the inference server directly, whose
 * session answers at once. The difference is the Worker: reading, tokenizing, encoding, the head, and one more hop.
 */
import { collate } from "@cloze/core";
import { openFolder } from "@cloze/runtime/node";
import { RemoteSession } from "@cloze/runtime/remote";
import { startServer } from "@cloze/server";
import { FakeStarter } from "../edge/fake-starter.ts";
import { starter } from "../starter.ts";
import { median, quantile } from "./statistics.mjs";
import { startWorkerd } from "./workerd.mjs";

const words = "The lighthouse keeper kept a careful record of every ship that passed the point . "
  .repeat(20)
  .split(" ");
const { config, tokenizer } = await openFolder(starter);
const server = await startServer({
  session: new FakeStarter(tokenizer),
  config,
  model: "cloze-starter",
  delayMs: 0,
});
using worker = await startWorkerd(server.url);
const direct = new RemoteSession({ url: server.url, model: "cloze-starter" });

console.log(
  "| text | through the Worker, p50 / p95 ms | the server alone, p50 ms | the Worker's own, p50 ms |\n|---|---|---|---|",
);
for (const count of [14, 126]) {
  const text = words.slice(0, count).join(" ");
  const through = [];
  const alone = [];
  for (let i = -300; i < 500; i++) {
    through.push(await time(i, () => classify(text)));
    const encoding = tokenizer.encode(text, { maxLength: 512 });
    const feeds = collate([encoding], direct.paddedLength(encoding.ids.length), 0);
    alone.push(await time(i, () => direct.run(feeds, ["sentiment"])));
  }
  const [a, b] = [through, alone].map((times) => times.filter((x) => x !== undefined));
  console.log(
    `| ${count + 2} tokens | ${median(a).toFixed(2)} / ${quantile(a, 0.95).toFixed(2)} | ${median(b).toFixed(2)} | ${(median(a) - median(b)).toFixed(2)} |`,
  );
}
await server.close();

async function classify(text) {
  const response = await fetch(`${worker.url}/v1/classify`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text }),
  });
  return response.json();
}

/** Milliseconds, or nothing while warming up. */
async function time(round, run) {
  const start = performance.now();
  await run();
  return round < 0 ? undefined : performance.now() - start;
}
