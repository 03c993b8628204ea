/** What transformers.js does where docs/comparison.md says it: one JSON object of outcomes. The argument is a folder of models. */
import { env, pipeline } from "../../bench/node_modules/@huggingface/transformers/dist/transformers.node.mjs";

env.localModelPath = process.argv[2];
env.allowRemoteModels = false;

const outcomes = {};
const attempt = async (what, run) => {
  try {
    outcomes[what] = await run();
  } catch (error) {
    outcomes[what] = { error: error.message };
  }
};
const open = (task, model) => pipeline(task, model, { dtype: "fp32" });

const fill = await open("fill-mask", "masked-lm");
await attempt("two masks", () => fill("a [MASK] of [MASK].", { top_k: 1 }));
await attempt("targets", () => fill("a [MASK] of.", { targets: ["zzz"], top_k: 1 }));

const ask = await open("question-answering", "span");
await attempt("answer", () => ask("who is it", "it is the film of a man."));
await attempt("long context", async () => {
  const { input_ids } = ask.tokenizer("who", { text_pair: "it is ".repeat(99), truncation: true });
  return input_ids.dims;
});

const classify = await open("text-classification", "sequence");
await attempt("pair", async () => {
  const { input_ids } = classify.tokenizer({ text: "a film", text_pair: "a man" });
  return Array.from(input_ids.data, Number);
});
await attempt("empty text", async () => Array.from(classify.tokenizer("").input_ids.data, Number));
classify.model.config.problem_type = "regression";
await attempt("regression", () => classify("a film", { top_k: null }));

await attempt("multiple choice", () => open("multiple-choice", "sequence"));
await attempt("next sentence", () => open("next-sentence-prediction", "sequence"));
console.log(JSON.stringify(outcomes));
