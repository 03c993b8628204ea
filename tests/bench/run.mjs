/**
 * `npm run bench`: the encoder's forward pass on this CPU against transformers.js, the same weights in float32.
 *
 * How it is measured is turns.mjs's matter. The peer's model is made by export-onnx.py beside this file: without it the
 * script says how.
 */
import { mixedTexts } from "./mixed-texts.mjs";
import {
  expectPeers,
  expectSame,
  memory,
  printHeader,
  printRow,
  startBoth,
  takeTurns,
  times,
} from "./turns.mjs";

const rounds = Number(process.env.CLOZE_BENCH_ROUNDS ?? 7);
const passage =
  "The lighthouse keeper kept a careful record of every ship that passed the point , of the weather and of the state " +
  "of the lamp , and in the winter of that year he wrote down , in a small and even hand , what the sea had brought . ";
const words = passage.repeat(8).trim().split(" ");
const text = (count) => words.slice(0, count).join(" ");

const cases = [
  { name: "1 text of 16 tokens", texts: [text(14)], runs: 40 },
  { name: "1 text of 128 tokens", texts: [text(126)], runs: 10 },
  { name: "32 texts of 4 to 250 words", texts: mixedTexts(words, 32), runs: 1 },
];

expectPeers(["features"]);
const contenders = await startBoth("features", "features", "features");
printHeader(rounds);
let results;
for (const { name, texts, runs } of cases) {
  const message = { wake: { texts: texts.slice(0, 1) }, input: { texts }, runs };
  results = await takeTurns(contenders, message, rounds);
  expectSame(name, results);
  printRow(`${name}, wall / CPU`, times(results));
}
printRow("peak memory over the empty process", memory(results));
for (const contender of contenders) await contender.stop();
