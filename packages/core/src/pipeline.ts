/**
 * Pipelines: the tasks under transformers.js's names, with its options and its answers, for programs that come from
 * there. Offsets are given where it gives none: `start` and `end` in UTF-16 units.
 */
import { ClozeError } from "./errors.ts";
import type { Predictor } from "./predictor.ts";
import type { RunOptions } from "./session.ts";
import type { ScoreFunction } from "./heads/sequence.ts";
import type { Aggregation } from "./heads/token.ts";

type Texts = string | readonly string[];
/** For one text one result, for several a list of them. */
type Each<T extends Texts, O> = T extends string ? O : O[];

/** What each task takes and gives. */
export interface Pipelines {
  /** With a `top_k` of 1 one list, a label a text, for one text and for several. */
  "text-classification": <T extends Texts, K extends number | null = 1>(
    texts: T,
    options?: RunOptions & {
      /** How many labels a text: 1 by default; null for all. */
      readonly top_k?: K;
      readonly function_to_apply?: ScoreFunction;
    },
  ) => Promise<K extends 1 ? LabelScore[] : Each<T, LabelScore[]>>;
  "token-classification": <T extends Texts>(
    texts: T,
    options?: RunOptions & {
      readonly aggregation_strategy?: Aggregation;
      readonly ignore_labels?: readonly string[];
    },
  ) => Promise<Each<T, TokenEntity[]>>;
  /** With `top_k` above 1 a list of answers for each question. */
  "question-answering": <T extends Texts, K extends number = 1>(
    question: T,
    context: T,
    options?: RunOptions & { readonly top_k?: K },
  ) => Promise<Each<T, K extends 1 ? PipelineAnswer : PipelineAnswer[]>>;
  "fill-mask": <T extends Texts>(
    texts: T,
    options?: RunOptions & { readonly top_k?: number; readonly targets?: readonly string[] },
  ) => Promise<Each<T, FilledToken[]>>;
  "feature-extraction": (
    texts: Texts,
    options?: RunOptions & {
      readonly pooling?: "none" | "mean" | "cls";
      readonly normalize?: boolean;
    },
  ) => Promise<FeatureTensor>;
}

/** What `pipeline` may be asked for. */
export type PipelineTask = keyof Pipelines | keyof typeof aliases;

/** A label and its probability, as transformers.js gives it. */
export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

/** A token or an entity, as transformers.js gives it. */
export interface TokenEntity {
  /** The label of one token (no aggregation), or `entity_group` of several put together. */
  readonly entity?: string;
  readonly entity_group?: string;
  /** The token's place among the text's, [CLS] being 0; of one token only. */
  readonly index?: number;
  readonly score: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** An answer, as transformers.js gives it. */
export interface PipelineAnswer {
  readonly answer: string;
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

/** A word for a mask, as transformers.js gives it. */
export interface FilledToken {
  readonly score: number;
  readonly token: number;
  readonly token_str: string;
  /** The text with this word at its mask. */
  readonly sequence: string;
}

/** A dense float32 tensor: [texts, hidden], or [texts, tokens, hidden] with pooling `none`, filled up with zeros. */
export interface FeatureTensor {
  readonly type: "float32";
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Older names that transformers.js also takes. */
const aliases = {
  "sentiment-analysis": "text-classification",
  ner: "token-classification",
  embeddings: "feature-extraction",
} as const;

/** The task of a pipeline's name. */
type TaskOf<N extends PipelineTask> = N extends keyof typeof aliases ? (typeof aliases)[N] : N;
type PipelineOf<N extends PipelineTask> = Pipelines[Extract<TaskOf<N>, keyof Pipelines>];

const makers: { readonly [T in keyof Pipelines]: (bert: Predictor) => Pipelines[T] } = {
  "text-classification":
    (bert) =>
    async <T extends Texts, K extends number | null = 1>(
      texts: T,
      {
        top_k,
        function_to_apply,
        ...run
      }: RunOptions & { readonly top_k?: K; readonly function_to_apply?: ScoreFunction } = {},
    ): Promise<K extends 1 ? LabelScore[] : Each<T, LabelScore[]>> => {
      const top = top_k === undefined ? 1 : (top_k ?? undefined);
      const lists = await each(texts, async (inputs) => {
        const results = await bert.classify(inputs, { ...run, top, function: function_to_apply });
        return results.map((result) =>
          result.scores === undefined
            ? [{ label: "value", score: result.value }]
            : Object.entries(result.scores)
                .map(([label, score]) => ({ label, score }))
                .sort((a, b) => b.score - a.score),
        );
      });
      const results = top === 1 ? lists.flat() : lists;
      return results as K extends 1 ? LabelScore[] : Each<T, LabelScore[]>; // top_k says which
    },

  "token-classification":
    (bert) =>
    async (texts, { aggregation_strategy = "none", ignore_labels = ["O"], ...run } = {}) =>
      each(texts, async (inputs) => {
        const one = aggregation_strategy === "none";
        const how = { aggregation: aggregation_strategy, outside: true };
        const results = await bert.tag(inputs, { ...run, ...how });
        return results.map(({ entities }) =>
          entities
            .map(({ label, text: word, score, start, end }, i) => {
              const name = one ? { entity: label, index: i + 1 } : { entity_group: label }; // after [CLS]
              return { ...name, score, word, start, end };
            })
            .filter((_, i) => !ignore_labels.includes(entities[i].label)),
        );
      }),

  "question-answering":
    (bert) =>
    async <T extends Texts, K extends number = 1>(
      question: T,
      context: T,
      { top_k, ...run }: RunOptions & { readonly top_k?: K } = {},
    ) => {
      const top = top_k ?? 1;
      const contexts = listOf(context);
      const results = await each(question, async (questions) => {
        if (questions.length !== contexts.length)
          throw new ClozeError(
            "invalid-input",
            `There are ${questions.length} questions and ${contexts.length} contexts: give one for each.`,
          );
        const inputs = questions.map((asked, i) => ({ question: asked, context: contexts[i] }));
        const found = await bert.ask(inputs, { ...run, top });
        return found.map(({ answers }) => {
          const list = answers.map(({ text, probability: score, start, end }) => ({
            answer: text,
            score,
            start,
            end,
          }));
          return top > 1 ? list : (list.at(0) ?? { answer: "", score: 0, start: 0, end: 0 });
        });
      });
      return results as Each<T, K extends 1 ? PipelineAnswer : PipelineAnswer[]>; // top_k says which
    },

  "fill-mask":
    (bert) =>
    async (texts, { top_k = 5, targets, ...run } = {}) =>
      each(texts, async (inputs) => {
        const results = await bert.fill(inputs, { ...run, top: top_k, targets });
        return results.map(({ masks }, i) => {
          if (masks.length > 1)
            throw new ClozeError(
              "invalid-input",
              `Text ${i} has ${masks.length} masks, and this pipeline fills one: use fill, which fills any number.`,
            );
          const [{ start, end, predictions }] = masks;
          return predictions.map(({ score, id, token }) => ({
            score,
            token: id,
            token_str: token,
            sequence: inputs[i].slice(0, start) + token.replace(/^##/, "") + inputs[i].slice(end),
          }));
        });
      }),

  "feature-extraction":
    (bert) =>
    async (texts, { pooling = "none", ...run } = {}) => {
      const inputs = listOf(texts);
      const results = await bert.embed(inputs, { ...run, pooling });
      const size = results.reduce((most, { embedding }) => Math.max(most, embedding.length), 0);
      const data = new Float32Array(inputs.length * size);
      for (const [i, { embedding }] of results.entries()) data.set(embedding, i * size);
      const width = bert.config.hiddenSize;
      const dims = pooling === "none" ? [inputs.length, size / width, width] : [inputs.length, size];
      return { type: "float32", dims, data };
    },
};

/**
 * A model as a pipeline.
 *
 * @param name One of transformers.js's: `text-classification` (`sentiment-analysis`), `token-classification` (`ner`),
 *   `question-answering`, `fill-mask`, `feature-extraction`.
 * @throws ClozeError `invalid-option` for a task that there is not.
 * @example
 * const classify = asPipeline("text-classification", bert);
 * const [{ label }] = await classify("a warm , funny film"); // "positive"
 */
export function asPipeline<N extends PipelineTask>(name: N, bert: Predictor): PipelineOf<N> {
  return findPipeline(name)(bert);
}

/**
 * What makes a pipeline of a model: to know that there is one before the model is loaded.
 *
 * @throws ClozeError `invalid-option` for a task that there is not.
 * @example
 * const classify = findPipeline("text-classification")(bert);
 * const [{ label }] = await classify("a warm , funny film"); // "positive"
 */
export function findPipeline<N extends PipelineTask>(name: N): (bert: Predictor) => PipelineOf<N> {
  const task = Object.hasOwn(aliases, name) ? aliases[name as keyof typeof aliases] : name;
  if (Object.hasOwn(makers, task)) return makers[task as Extract<TaskOf<N>, keyof Pipelines>];
  throw new ClozeError(
    "invalid-option",
    `There is no pipeline ${name}: there are ${[...Object.keys(makers), ...Object.keys(aliases)].join(", ")}.`,
    { field: "task" },
  );
}

/** One text gives one result, several give several. */
async function each<T extends Texts, O>(
  texts: T,
  run: (texts: readonly string[]) => Promise<O[]>,
): Promise<Each<T, O>> {
  const results = await run(listOf(texts));
  return (typeof texts === "string" ? results[0] : results) as Each<T, O>;
}

function listOf(texts: Texts): readonly string[] {
  if (typeof texts === "string") return [texts];
  if (Array.isArray(texts)) return texts as readonly string[];
  throw new ClozeError("invalid-input", "A pipeline takes a text, or a list of texts.");
}
