/**
 * One side of a benchmark in a process of its own, so that memory and threads are its own. It does what the parent
 * asks (turns.mjs), one thing at a time, and reports wall time and CPU time of this process.
 *
 * node contender.mjs SIDE TASK MODEL THREADS
 */
import process from "node:process";

const [, , side, task, model, threads] = process.argv;
const before = process.resourceUsage().maxRSS;
const { open } = await import(side); // here, so that what it imports is counted
const run = await open(task, model, Number(threads));
process.send({});

process.on("message", async ({ wake, input, runs }) => {
  if (wake) await run(wake); // awake again after the pause
  const cpu = process.cpuUsage();
  const wall = performance.now();
  let answer;
  for (let i = 0; i < runs; i++) answer = await run(input);
  const elapsed = performance.now() - wall;
  const spent = process.cpuUsage(cpu);
  process.send({
    wall: elapsed / runs,
    cpu: milliseconds(spent) / runs,
    cpuSinceStart: milliseconds(process.cpuUsage()),
    peak: (process.resourceUsage().maxRSS - before) / 1000,
    answer,
  });
});

function milliseconds({ user, system }) {
  return (user + system) / 1000;
}
