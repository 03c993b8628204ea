/**
 * The routes of the tasks: what each takes, which method of the core's Predictor answers, and how its answer looks
 * in JSON. Reading, timing and failing are the same for all and stand elsewhere.
 */
import { ClozeError, findHead } from "@cloze/core";
import type { HeadKind, Predictor, RunOptions, Tokenizer } from "@cloze/core";
import * as z from "zod";
import { expected, object, whole } from "./body.ts";
import { offsetEncodings, offsetsIn } from "./offsets.ts";

/** What a route may use. The predictor is made on demand, since it needs the inference server. */
interface TaskHost {
  readonly tokenizer: Tokenizer;
  readonly windowTokens: number;
  /** The most rows that these inputs may take of a model that is asked for its whole vocabulary. */
  readonly vocabularyRows: number;
  predictor(): Predictor;
}

/** One task over HTTP. */
export interface Route<I extends z.ZodObject, O extends z.ZodObject> {
  readonly path: string;
  readonly input: I;
  readonly options: O;
  /** Answers inputs in order, each with an object of JSON. */
  run(
    host: TaskHost,
    inputs: readonly z.output<I>[],
    options: z.output<O>,
    run: RunOptions,
  ): Promise<readonly object[]>;
  /** What is said once of the whole answer. */
  about?(options: z.output<O>): object;
}

const text = z.string(expected("a text"));
const name = z.string(expected("the name of a plugin"));
const flag = z.boolean(expected("true or false"));
const encodings = offsetEncodings.map((one) => `"${one}"`).join(" or ");
const units = z.enum(offsetEncodings, expected(encodings)).default("utf-16");

const texts = object({ text, pair: text.exactOptional() });
const questions = object({
  id: z.union([z.string(), z.number()], expected("a text or a number")).exactOptional(),
  question: text,
  context: text,
});

export const classify = route({
  path: "/v1/classify",
  input: texts,
  options: object({ plugin: name.exactOptional(), top: whole(1).exactOptional() }),
  run: (host, inputs, options, run) => host.predictor().classify(inputs, { ...options, ...run }),
});

/** @param positions The model's, which bound a window. */
export const tag = (positions: number) =>
  route({
    path: "/v1/tag",
    input: object({ text }),
    options: object({
      plugin: name.exactOptional(),
      aggregation: z
        .enum(
          ["none", "simple", "first", "average", "max"],
          expected('"none", "simple", "first", "average" or "max"'),
        )
        .exactOptional(),
      maxLength: whole(4, positions).exactOptional(),
      overlap: whole(0).exactOptional(),
      offsetEncoding: units,
    }),
    async run(host, inputs, { offsetEncoding, ...options }, run) {
      const maxWindows = windowLimit(host, "token", options);
      const tagged = await host.predictor().tag(inputs, { ...options, maxWindows, ...run });
      return tagged.map(({ entities }, i) => {
        const at = offsetsIn(offsetEncoding, inputs[i].text);
        return {
          entities: entities.map((entity) => ({ ...entity, start: at(entity.start), end: at(entity.end) })),
        };
      });
    },
    about: ({ offsetEncoding }) => ({ offsetEncoding }),
  });

/** @param positions The model's, which bound a window. */
export const answer = (positions: number) =>
  route({
    path: "/v1/answer",
    input: questions,
    options: object({
      plugin: name.exactOptional(),
      top: whole(1).exactOptional(),
      noAnswer: flag.exactOptional(),
      threshold: z.number(expected("a number")).exactOptional(),
      maxLength: whole(4, positions).exactOptional(),
      maxQuestion: whole(1).exactOptional(),
      maxAnswer: whole(1).exactOptional(),
      wholeWords: flag.exactOptional(),
      overlap: whole(0).exactOptional(),
      offsetEncoding: units,
    }),
    async run(host, inputs, { offsetEncoding, ...options }, run) {
      const maxWindows = windowLimit(host, "span", options);
      const found = await host.predictor().ask(inputs, { ...options, maxWindows, ...run });
      return found.map((one, i) => {
        const at = offsetsIn(offsetEncoding, inputs[i].context);
        return {
          ...one,
          start: one.start === null ? null : at(one.start),
          end: one.end === null ? null : at(one.end),
          answers: one.answers.map((span) => ({ ...span, start: at(span.start), end: at(span.end) })),
        };
      });
    },
    about: ({ offsetEncoding }) => ({ offsetEncoding }),
  });

/** @param positions The model's, which bound a window. */
export const fill = (positions: number) =>
  route({
    path: "/v1/fill",
    input: object({ text }),
    options: object({
      plugin: name.exactOptional(),
      top: whole(1, 32).exactOptional(), // what the graph chooses: more would be asked of the whole vocabulary
      targets: z
        .array(text, expected("a list of words"))
        .min(1, "should have a word")
        .max(64, "should have at most 64 words")
        .exactOptional(),
      pieces: flag.exactOptional(),
      joint: flag.exactOptional(),
      beams: whole(1, 32).exactOptional(),
      maxLength: whole(4, positions).exactOptional(),
      overlap: whole(0).exactOptional(),
      offsetEncoding: units,
    }),
    async run(host, inputs, { offsetEncoding, ...options }, run) {
      const masks = inputs.reduce((sum, input) => sum + input.text.split("[MASK]").length - 1, 0);
      if ((options.targets || options.joint) && masks > VOCABULARY_MASKS)
        throw new ClozeError(
          "invalid-input",
          `With targets or joint no more than ${VOCABULARY_MASKS} masks are filled at once, and there are ${masks}: send fewer.`,
        );
      const vocabulary = options.pieces || options.joint;
      const maxRows = vocabulary ? host.vocabularyRows : windowLimit(host, "masked-lm", options);
      const filled = await host.predictor().fill(inputs, { ...options, maxRows, ...run });
      return filled.map((one, i) => {
        const at = offsetsIn(offsetEncoding, inputs[i].text);
        return {
          ...one,
          masks: one.masks.map((mask) => ({ ...mask, start: at(mask.start), end: at(mask.end) })),
        };
      });
    },
    about: ({ offsetEncoding }) => ({ offsetEncoding }),
  });

/**
 * The most masks whose whole vocabulary's logits are asked for at once: 120 KB each. Rows that run together get room for
 * as many masks as any has, which with 32 masks is at most 272 (16 × 17): half of what the server answers at once.
 */
const VOCABULARY_MASKS = 32;

export const next = route({
  path: "/v1/next",
  input: object({ text, pair: text }),
  options: object({ plugin: name.exactOptional() }),
  run: (host, inputs, options, run) => host.predictor().next(inputs, { ...options, ...run }),
});

export const choose = route({
  path: "/v1/choose",
  input: object({
    context: text,
    question: text.exactOptional(),
    choices: z
      .array(text, expected("a list of two texts or more"))
      .min(2, "should have two texts or more")
      .max(64, "should have at most 64 texts"),
  }),
  options: object({ plugin: name.exactOptional() }),
  run: (host, inputs, options, run) => host.predictor().choose(inputs, { ...options, ...run }),
});

/** @param depth The model's layers, beside which there are the embeddings. */
export const embed = (depth: number) =>
  route({
    path: "/v1/embed",
    input: texts,
    options: object({
      pooling: z.enum(["mean", "cls", "pooler"], expected('"mean", "cls" or "pooler"')).exactOptional(),
      layers: z
        .array(z.int(expected("a layer's number")), expected("a list of layers"))
        .max(depth + 1, `should have at most ${depth + 1} layers`)
        .exactOptional(),
      weights: z
        .array(z.number(expected("a number")), expected("a list of numbers"))
        .max(depth + 1, `should have at most ${depth + 1} numbers`)
        .exactOptional(),
      normalize: flag.exactOptional(),
    }),
    async run(host, inputs, options, run) {
      const embedded = await host.predictor().embed(inputs, { ...options, ...run });
      return embedded.map(({ embedding, ...others }) => ({ embedding: Array.from(embedding), ...others }));
    },
  });

export const tokenize = route({
  path: "/v1/tokenize",
  input: texts,
  options: object({ maxLength: whole(4).exactOptional(), offsetEncoding: units }),
  async run({ tokenizer }, inputs, { maxLength = Infinity, offsetEncoding }) {
    return inputs.map((input) => {
      const { ids, segments, offsets, truncated } = tokenizer.encode(input, { maxLength });
      const at = [input.text, input.pair ?? ""].map((one) => offsetsIn(offsetEncoding, one));
      return {
        ids: Array.from(ids),
        segments: Array.from(segments),
        tokens: Array.from(ids, (id) => tokenizer.vocabulary.piece(id)),
        offsets: Array.from(ids, (_, i) => [offsets[2 * i], offsets[2 * i + 1]].map(at[segments[i]])),
        ...(truncated ? { truncated } : {}),
      };
    });
  },
  about: ({ offsetEncoding }) => ({ offsetEncoding }),
});

/** How many windows may be held at once, each as long as the task's options or its plugin say. */
function windowLimit(
  host: TaskHost,
  kind: HeadKind,
  options: { readonly plugin?: string; readonly maxLength?: number },
): number {
  const predictor = host.predictor();
  const plugin = predictor.findPlugin(findHead(kind), options.plugin);
  const length = options.maxLength ?? plugin.maxLength ?? predictor.config.maxPositions;
  return Math.floor(host.windowTokens / length);
}

function route<I extends z.ZodObject, O extends z.ZodObject>(described: Route<I, O>): Route<I, O> {
  return described;
}
