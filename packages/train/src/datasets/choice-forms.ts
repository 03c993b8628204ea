/**
 * The forms that data sets of multiple choice come in, told by their fields and brought to one: SWAG, HellaSwag,
 * COPA, CommonsenseQA, and Cloze's own. Whether what is found is right is left to `choices.ts`.
 */

type Fields = Readonly<Record<string, unknown>>;

/** A question in Cloze's form, not checked, and what its form calls the parts. */
export interface FoundChoice {
  readonly context: unknown;
  readonly question?: unknown;
  readonly choices: unknown;
  readonly label: unknown;
  /** For errors. */
  readonly names: {
    readonly context: string;
    readonly question: string;
    readonly choices: string;
    readonly label: string;
    /** What the label should be, where it is no place from 0. */
    readonly rule?: string;
  };
}

/**
 * Brings the fields of one question in any form to Cloze's.
 *
 * @example
 * findChoice({ premise: "He is wet.", question: "cause", choice1: "It rained.", choice2: "It snows.", label: 0 });
 */
export function findChoice(value: unknown): FoundChoice {
  const fields = fieldsOf(value);
  if ("endings" in fields) return hellaSwag(fields);
  if ("ending0" in fields) return swag(fields);
  if ("premise" in fields) return copa(fields);
  if ("stem" in fieldsOf(fields.question)) return commonsenseQa(fields);
  const names = { context: "context", question: "question", choices: "choices", label: "label" };
  const { context, question, choices, label } = fields;
  return { context, question, choices, label, names };
}

/** Zellers et al., 2019: `ctx` is `ctx_a` and the beginning of the sentence that the endings end, `ctx_b`. */
function hellaSwag({ ctx, ctx_a, ctx_b, endings, label }: Fields): FoundChoice {
  return {
    context: ctx ?? joined(ctx_a, ctx_b),
    choices: endings,
    label: toNumber(label),
    names: { context: "ctx (or ctx_a and ctx_b)", question: "question", choices: "endings", label: "label" },
  };
}

/** Zellers et al., 2018: `sent2` begins the sentence that the endings end, and so goes before each. */
function swag(fields: Fields): FoundChoice {
  const { sent1, sent2, label } = fields;
  const choices: unknown[] = [];
  while (`ending${choices.length}` in fields) choices.push(fields[`ending${choices.length}`]);
  return {
    context: sent1,
    ...(sent2 !== "" && { question: sent2 }),
    choices,
    label: toNumber(label),
    names: { context: "sent1", question: "sent2", choices: "ending0, ending1 …", label: "label" },
  };
}

/** Roemmele et al., 2011, as SuperGLUE has it: the question is `cause` or `effect`. */
function copa({ premise, question, choice1, choice2, label }: Fields): FoundChoice {
  return {
    context: premise,
    question: question ?? null, // never left out
    choices: [choice1, choice2],
    label: toNumber(label),
    names: { context: "premise", question: "question", choices: "choice1 and choice2", label: "label" },
  };
}

/** Talmor et al., 2019: a question without a context. */
function commonsenseQa({ question, answerKey }: Fields): FoundChoice {
  const { stem, choices } = fieldsOf(question);
  const all = Array.isArray(choices) ? choices.map(fieldsOf) : [];
  const place = all.findIndex(({ label }) => label === answerKey);
  return {
    context: "",
    question: stem,
    choices: all.map(({ text }) => text),
    label: place >= 0 ? place : undefined,
    names: {
      context: "context",
      question: "stem",
      choices: "choices",
      label: "answerKey",
      rule: "the label of one of the choices",
    },
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function joined(...parts: readonly unknown[]): unknown {
  const texts = parts.filter((part) => part !== undefined && part !== "");
  return texts.length > 0 && texts.every((part) => typeof part === "string") ? texts.join(" ") : undefined;
}

/** CSV has texts only, and some JSON has the place of the right choice as one. */
function toNumber(label: unknown): unknown {
  return typeof label === "string" && /^\d+$/.test(label) ? Number(label) : label;
}
