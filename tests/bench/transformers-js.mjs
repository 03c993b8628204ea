/**
 * transformers.js's side of each task, as its users have it: through its pipelines, and, where these read less than was
 * asked, or waste much, with their tokenizer and model called directly. The other side is cloze.mjs.
 */
import { env, pipeline, softmax, Tensor, topk } from "@huggingface/transformers";

env.allowRemoteModels = false;

const ways = {
  features: {
    pipeline: "feature-extraction",
    async run(extract, { texts }) {
      const { data, dims } = await extract(texts, { pooling: "mean" });
      return texts.map((_, i) => data.slice(i * dims[1], (i + 1) * dims[1]));
    },
  },

  /** In one call, or in calls of `batch` texts. */
  classify: {
    pipeline: "text-classification",
    async run(classify, { texts, batch = texts.length }) {
      const results = [];
      for (let first = 0; first < texts.length; first += batch)
        results.push(...(await classify(texts.slice(first, first + batch))));
      return results;
    },
  },

  /** The pipeline fills the first [MASK] of a text and leaves the others. */
  fill: {
    pipeline: "fill-mask",
    run: async (fill, { text }) => [
      (await fill(text)).map(({ token, score }) => ({ id: Number(token), score })),
    ],
  },

  /** All masks, each as the pipeline does its one. */
  "fill directly": {
    pipeline: "fill-mask",
    async run({ tokenizer, model }, { text }) {
      const inputs = tokenizer(text);
      const { logits } = await model(inputs);
      const masks = [];
      for (const [place, id] of inputs.input_ids.data.entries()) {
        if (Number(id) !== tokenizer.mask_token_id) continue;
        const { data, dims } = logits[0][place];
        const [scores, ids] = await topk(new Tensor("float32", softmax(data), dims), 5);
        masks.push(Array.from(ids.data, (each, i) => ({ id: Number(each), score: scores.data[i] })));
      }
      return masks;
    },
  },

  /** The pipeline reads 512 tokens and drops the rest: its users cut the context, and take the best answer. */
  ask: {
    pipeline: "question-answering",
    async run(ask, { question, pieces }) {
      let best;
      for (const piece of pieces) {
        const found = await ask(question, piece);
        if (best === undefined || found.score > best.score) best = found;
      }
      return { answer: best.answer };
    },
  },

  /** The same windows in one batch, and the span of at most 30 tokens with the greatest sum of logits. */
  "ask directly": {
    pipeline: "question-answering",
    async run({ tokenizer, model }, { question, context, maxLength, overlap }) {
      const asked = tokenizer.encode(question); // with [CLS] and [SEP]
      const tokens = tokenizer.encode(context, { add_special_tokens: false });
      const { sep_token_id: sep, pad_token_id: pad } = tokenizer;
      const room = maxLength - asked.length - 1;
      const windows = [];
      for (let first = 0; ; first += room - overlap) {
        windows.push(tokens.slice(first, first + room));
        if (first + room >= tokens.length) break;
      }
      const length = asked.length + windows[0].length + 1;
      const dims = [windows.length, length];
      const inputs = { input_ids: pad, attention_mask: 0, token_type_ids: 0 };
      for (const [name, value] of Object.entries(inputs))
        inputs[name] = new Tensor("int64", new BigInt64Array(dims[0] * length).fill(BigInt(value)), dims);
      for (const [w, window] of windows.entries()) {
        const ids = [...asked, ...window, sep];
        const [from, to] = [w * length, w * length + ids.length];
        inputs.input_ids.data.set(ids.map(BigInt), from);
        inputs.attention_mask.data.fill(1n, from, to);
        inputs.token_type_ids.data.fill(1n, from + asked.length, to);
      }
      const { start_logits: starts, end_logits: ends } = await model(inputs);
      let best = { score: -Infinity };
      for (const [w, window] of windows.entries()) {
        const base = w * length + asked.length;
        for (let start = 0; start < window.length; start++)
          for (let end = start; end < Math.min(start + 30, window.length); end++) {
            const score = starts.data[base + start] + ends.data[base + end];
            if (score > best.score) best = { score, ids: window.slice(start, end + 1) };
          }
      }
      return { answer: tokenizer.decode(best.ids) };
    },
  },
};

/** Loads a model for a task, on so many threads. */
export async function open(task, folder, threads) {
  const { pipeline: name, run } = ways[task];
  const session_options = { intraOpNumThreads: threads, interOpNumThreads: 1 };
  const pipe = await pipeline(name, folder, { dtype: "fp32", device: "cpu", session_options });
  return (input) => run(pipe, input);
}
