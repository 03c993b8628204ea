/** Hugging Face's own clients, unchanged, before the built Worker; and what its routes take beside what those send. */
import { InferenceClient } from "@huggingface/inference";
import { describe, expect, it } from "vitest";
import { pythonWith } from "../reference/python.ts";
import { born, context, film, masked, points, question, run, useStarter } from "./stand.ts";

const stand = useStarter();
const python = pythonWith("huggingface_hub", "numpy");
if (python === undefined)
  console.warn(
    "Hugging Face's client in Python was not tried: CLOZE_PYTHON has no huggingface_hub, or no numpy.",
  );

const near = (value: number) => expect.closeTo(value, 4) as unknown;
const others = ["a touching film", "the price of oil"];

/** What the model answers in this process, as Hugging Face tells it. */
async function expected() {
  const { bert } = stand;
  const { scores = {} } = await bert.classify(film);
  const { entities } = await bert.tag(born, { aggregation: "simple" });
  const answer = await bert.ask({ question, context });
  const { masks } = await bert.fill(masked);
  const { embedding } = await bert.embed(film, { normalize: true });
  const similar = await bert.similar(film, others);
  return {
    classified: Object.entries(scores).map(([label, score]) => ({ label, score: near(score) })),
    tagged: entities.map(({ label, score, text, start, end }) => ({
      entity_group: label,
      score: near(score),
      word: text.toLowerCase(), // the model is uncased, and words are decoded from its pieces
      ...points(born, start, end),
    })),
    answered: {
      answer: answer.answer,
      score: near(answer.answers[0].probability),
      ...points(context, answer.start!, answer.end!),
    },
    filled: masks[0].predictions.map(({ token, id, score }) => ({
      score: near(score),
      token: id,
      token_str: token,
      sequence: `he closed the ${token} behind him.`, // as transformers 5.24 has it
    })),
    embedded: [Array.from(embedding, near)],
    similar: others.map((_, i) => near(similar.find(({ index }) => index === i)!.score)),
  };
}

const at = (task: string) =>
  new InferenceClient("", { endpointUrl: new URL(`hf/${task}`, stand.worker.url).href });

describe("@huggingface/inference", () => {
  it("gives what the model gives in this process", async () => {
    const told = {
      classified: await at("text-classification").textClassification({ inputs: film }),
      tagged: await at("token-classification").tokenClassification({ inputs: born }),
      answered: await at("question-answering").questionAnswering({ inputs: { question, context } }),
      filled: await at("fill-mask").fillMask({ inputs: masked }),
      embedded: await at("feature-extraction").featureExtraction({ inputs: film }),
      similar: await at("sentence-similarity").sentenceSimilarity({
        inputs: { source_sentence: film, sentences: others },
      }),
    };
    expect(told).toEqual(await expected());
  });

  it("takes parameters", async () => {
    const [best, ...rest] = await at("text-classification").textClassification({
      inputs: film,
      parameters: { top_k: 1, function_to_apply: "none" },
    });
    const { scores } = await stand.bert.classify(film, { function: "none" });
    expect([best, rest]).toEqual([{ label: "positive", score: near(scores!.positive) }, []]);

    const tokens = await at("token-classification").tokenClassification({
      inputs: "Taganrog",
      parameters: { aggregation_strategy: "none" },
    });
    const { entities } = await stand.bert.tag("Taganrog", { aggregation: "none" });
    const pieces = ["tag", "##an", "##ro", "##g"];
    expect(tokens.map(({ word, entity, start, end }) => [word, entity, start, end])).toEqual(
      entities.map(({ label, start, end }, i) => [pieces[i], label, start, end]),
    );
    const places = { inputs: born, parameters: { ignore_labels: ["PER"] } };
    const labels = (await at("token-classification").tokenClassification(places)).map(
      ({ entity_group: group }) => group,
    );
    expect(new Set(labels)).toEqual(new Set(["O", "LOC"]));

    const words = await at("fill-mask").fillMask({
      inputs: masked,
      parameters: { targets: ["house", "door"] },
    });
    expect(words.map(({ token_str: word }) => word)).toEqual(["door", "house"]);

    const vector = await at("feature-extraction").featureExtraction({
      inputs: [film, film],
      normalize: false,
    });
    const { embedding } = await stand.bert.embed(film);
    expect(vector).toEqual([Array.from(embedding, near), Array.from(embedding, near)]);
  });

  it("says why a request is refused", async () => {
    const refused = at("fill-mask").fillMask({ inputs: "no mask" });
    await expect(refused).rejects.toThrow("inputs has no [MASK]: write one where a word is missing.");
    const absent = at("summarization").summarization({ inputs: film });
    await expect(absent).rejects.toThrow(
      "There is no task summarization. POST /hf/{task} has text-classification, token-classification, " +
        "question-answering, fill-mask, feature-extraction, sentence-similarity.",
    );
  });
});

describe.runIf(python)("huggingface_hub", () => {
  it("gives what the model gives in this process", async () => {
    const told = await run(
      python!,
      "-c",
      `
import json, sys
from huggingface_hub import InferenceClient
url, film, born, question, context, masked, *others = sys.argv[1:]
at = lambda task: InferenceClient(url + "hf/" + task)
drop = lambda results: [{key: value for key, value in one.items() if value is not None} for one in results]
print(json.dumps({
  "classified": at("text-classification").text_classification(film),
  "tagged": drop(at("token-classification").token_classification(born)),
  "answered": at("question-answering").question_answering(question, context),
  "filled": drop(at("fill-mask").fill_mask(masked)),
  "embedded": at("feature-extraction").feature_extraction(film).tolist(),
  "similar": at("sentence-similarity").sentence_similarity(film, others),
}))`,
      stand.worker.url,
      film,
      born,
      question,
      context,
      masked,
      ...others,
    );
    expect(JSON.parse(told)).toEqual(await expected());
  });

  it("takes every parameter that it has for these tasks, and shows why one is refused", async () => {
    const told = await run(
      python!,
      "-c",
      `
import json, sys
from huggingface_hub import InferenceClient
url, film, born, question, context, masked = sys.argv[1:]
at = lambda task: InferenceClient(url + "hf/" + task)
def refusal(run):
  try: run()
  except Exception as error: return str(error)
print(json.dumps([
  at("text-classification").text_classification(film, top_k=1, function_to_apply="sigmoid")[0].label,
  at("token-classification").token_classification(born, aggregation_strategy="max", ignore_labels=["O"], stride=8)[-1].word,
  [one.answer for one in at("question-answering").question_answering(question, context, top_k=2, align_to_words=True,
    doc_stride=16, max_seq_len=64, max_answer_len=8, max_question_len=16, handle_impossible_answer=True)],
  at("fill-mask").fill_mask(masked, targets=["house"], top_k=1)[0].token_str,
  at("feature-extraction").feature_extraction([film, film], normalize=False, truncate=True, truncation_direction="right").shape,
  refusal(lambda: at("feature-extraction").feature_extraction(film * 200)),
  refusal(lambda: at("feature-extraction").feature_extraction(film, prompt_name="query")),
]))`,
      stand.worker.url,
      film,
      born,
      question,
      context,
      masked,
    );
    expect(JSON.parse(told)).toEqual([
      "positive",
      "taganrog",
      ["Anton Chekhov", ""],
      "house",
      [2, 384],
      expect.stringContaining("the model reads 512: send less, or truncate: true."),
      expect.stringContaining("but not prompt_name."),
    ]);
  });
});

const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, x: unknown) => (typeof x === "number" ? Number(x.toFixed(4)) : x)));

const post = async (task: string, body: unknown) => {
  const { status, text } = await stand.worker.post(`/hf/${task}`, body);
  return { status, body: JSON.parse(text) as unknown };
};

describe("POST /hf/{task}", () => {
  it("answers a list with a list", async () => {
    const lists: readonly [task: string, input: unknown][] = [
      ["text-classification", { text: film, text_pair: "dull" }],
      ["token-classification", born],
      ["question-answering", { question, context }],
      ["fill-mask", masked],
      ["feature-extraction", film],
      ["sentence-similarity", { source_sentence: film, sentences: others }],
    ];
    for (const [task, input] of lists) {
      const { body: one } = await post(task, { inputs: input });
      const { body: many } = await post(task, { inputs: [input, input], options: { use_cache: false } });
      const listed = task === "text-classification" || task === "feature-extraction";
      expect(rounded(many), task).toEqual(rounded(listed ? [one, one].flat() : [one, one]));
    }
  });

  it("fills several masks one by one, with texts as Hugging Face decodes them", async () => {
    const { body } = await post("fill-mask", { inputs: "The [MASK] of [MASK].", parameters: { top_k: 1 } });
    expect(body).toMatchObject([
      [{ token_str: "act", sequence: "[CLS] the act of [MASK]. [SEP]" }], // as transformers 5.24 has it
      [{ token_str: "that", sequence: "[CLS] the [MASK] of that. [SEP]" }],
    ]);
  });

  it("answers where there is no answer", async () => {
    const none = { answer: "", start: 0, end: 0 };
    const empty = await post("question-answering", { inputs: { question, context: "" } });
    expect(empty.body).toEqual({ ...none, score: 0 });
    const { body } = await post("question-answering", {
      inputs: { question: "How deep is the sea?", context: "The play was written in 1896." },
      parameters: { handle_impossible_answer: true, top_k: 20 },
    });
    const spans = body as readonly { answer: string; score: number }[];
    const { answer } = await stand.bert.ask(
      { question: "How deep is the sea?", context: "The play was written in 1896." },
      { noAnswer: true },
    );
    expect(spans[0].answer).toBe(answer);
    expect(spans).toContainEqual({ ...none, score: expect.any(Number) });
  });

  it("runs the head that is named", async () => {
    const named = await stand.worker.post("/hf/text-classification?plugin=sentiment", { inputs: film });
    expect(named.status).toBe(200);
    const other = await post("text-classification", { inputs: film, parameters: { plugin: "moods" } });
    expect(other).toMatchObject({ status: 404, body: { field: "parameters.plugin" } });
  });

  it.each([
    ["text-classification", "inputs[1]", { inputs: [film, 4] }],
    ["text-classification", "parameters.top", { inputs: film, parameters: { top: 1 } }],
    ["text-classification", "text", { inputs: film, text: film }],
    ["text-classification", "options.use_gpu", { inputs: film, options: { use_gpu: true } }],
    ["text-classification", "inputs", { inputs: Array(65).fill(film) }],
    ["fill-mask", "inputs[1]", { inputs: [masked, "no mask"] }],
    ["fill-mask", "inputs", { inputs: masked.repeat(400), parameters: { top_k: 32 } }],
    ["fill-mask", "parameters.targets", { inputs: masked, parameters: { targets: ["not one piece"] } }],
    ["question-answering", "inputs.context", { inputs: { question } }],
    [
      "question-answering",
      "parameters.doc_stride",
      { inputs: { question, context }, parameters: { doc_stride: 999 } },
    ],
    ["feature-extraction", "dimensions", { inputs: film, dimensions: 3 }],
    ["feature-extraction", "inputs[1]", { inputs: [film, film.repeat(200)] }],
    ["sentence-similarity", "inputs", { inputs: { source_sentence: film, sentences: Array(64).fill(film) } }],
  ])("%s refuses a wrong %s, and names it", async (task, field, body) => {
    const { status, body: refused } = await post(task, body);
    const { detail, error } = refused as { detail: string; error: string };
    expect({ status, ...(refused as object) }).toMatchObject({ status: 422, field });
    expect(error).toBe(detail);
  });

  it("refuses what needs a head of another kind", async () => {
    const { status, body } = await post("zero-shot-classification", { inputs: film });
    expect([status, (body as { detail: string }).detail]).toEqual([
      404,
      expect.stringMatching(/^zero-shot-classification needs a head for natural language inference/),
    ]);
  });
});
