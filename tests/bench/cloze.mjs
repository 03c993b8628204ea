/**
 * Cloze's side of each task: a model is loaded once, then inputs become answers in the form in which both sides are
 * compared. The other side is transformers-js.mjs.
 */
import { load } from "@cloze/runtime/node";

const ways = {
  features: (bert, { texts }) => bert.embed(texts).then(pluck("embedding")),

  classify: (bert, { texts }) =>
    bert.classify(texts).then((all) => all.map(({ label, score }) => ({ label, score }))),

  async fill(bert, { text }) {
    const { masks } = await bert.fill(text);
    return masks.map(({ predictions }) => predictions.map(({ id, score }) => ({ id, score })));
  },

  async ask(bert, { question, context }) {
    const { answer } = await bert.ask({ question, context });
    return { answer };
  },
};

/** Loads a model for a task, on so many threads. */
export async function open(task, folder, threads) {
  const bert = await load(folder, { threads });
  return (input) => ways[task](bert, input);
}

function pluck(name) {
  return (all) => all.map((each) => each[name]);
}
