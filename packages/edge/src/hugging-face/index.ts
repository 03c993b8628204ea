/**
 * `/hf/{task}`: bodies and answers of Hugging Face's Inference API, so that its clients run unchanged. A body is
 * `{ inputs, parameters?, options? }`; one input or a list of them, and a list is answered with a list.
 */
import { ClozeError } from "@cloze/core";
import type { Context } from "hono";
import * as z from "zod";
import { parseJson, readJsonBytes } from "../body.ts";
import type { EdgeEnv } from "../env.ts";
import { check, expected, object, wrong } from "../inputs.ts";
import { schemaOfInput, schemaOfOutput, taskProblems } from "../operation.ts";
import type { JsonSchema, Mounted } from "../operation.ts";
import type { EdgeLimits, EdgeOptions } from "../options.ts";
import { openModel } from "../request-model.ts";
import { flag } from "../routes/route.ts";
import type { Services } from "../services.ts";
import { featureExtraction, sentenceSimilarity } from "./feature-extraction.ts";
import { fillMask } from "./fill-mask.ts";
import { questionAnswering } from "./question-answering.ts";
import type { HuggingFaceTask } from "./task.ts";
import { textClassification } from "./text-classification.ts";
import { tokenClassification } from "./token-classification.ts";

/** What Hugging Face's own service minds; here nothing waits and nothing is kept. */
const clientOptions = object({
  use_cache: flag.exactOptional(),
  wait_for_model: flag.exactOptional(),
});

/** The route of all of Hugging Face's tasks. */
export function huggingFaceRoutes(
  options: EdgeOptions,
  limits: EdgeLimits,
  services: Services,
): readonly Mounted[] {
  const { config } = options.model;
  const tasks: readonly HuggingFaceTask[] = [
    textClassification,
    tokenClassification(config.maxPositions),
    questionAnswering(config.maxPositions),
    fillMask(config.maxPositions),
    featureExtraction(config),
    sentenceSimilarity(config, limits.inputs),
  ];
  const names = tasks.map(({ name }) => name);
  return [
    {
      operation: {
        method: "post",
        path: "/hf/{task}",
        id: "huggingFace",
        summary:
          "A task as Hugging Face's Inference API has it: for InferenceClient, in Python and in JavaScript",
        tag: "Other clients",
        scope: "use",
        parameters: { task: { type: "string", enum: names } },
        body: {
          types: ["application/json"],
          schema: { anyOf: tasks.map((task) => bodySchema(task, limits.inputs)) },
          example: { inputs: "a warm , funny film" },
        },
        answers: {
          200: {
            description: "As Hugging Face answers: offsets count code points.",
            content: { "application/json": { anyOf: tasks.flatMap(answerSchemas) } },
          },
        },
        problems: taskProblems,
      },
      handle: async (c) => {
        const name = c.req.param("task") ?? "";
        const task = tasks.find((one) => one.name === name);
        if (task) return answer(c, task);
        throw new ClozeError("not-found", `${absent(name)} POST /hf/{task} has ${names.join(", ")}.`);
      },
    },
  ];

  async function answer(c: Context<EdgeEnv>, task: HuggingFaceTask): Promise<Response> {
    const host = openModel(c, options, limits, services);
    const json = parseJson(await readJsonBytes(c.req.raw, limits.bodyBytes));
    c.header("Cache-Control", "no-store");
    const { inputs, parameters, many } = readHuggingFace(task, json, limits.inputs, c.req.query("plugin"));
    try {
      const answers = await task.run({ ...host, ...limits }, inputs, parameters, {
        signal: c.req.raw.signal,
      });
      return c.json(many || task.listed ? answers : answers[0]);
    } catch (error) {
      throw inTheirWords(error, task.names);
    }
  }
}

/**
 * Reads a body.
 *
 * @param most The most inputs of a list.
 * @param plugin The head that the address names.
 * @throws ClozeError `invalid-input`, with the field.
 */
function readHuggingFace<I extends z.ZodType, P extends z.ZodObject>(
  task: Pick<HuggingFaceTask<I, P>, "input" | "parameters" | "atRoot">,
  json: unknown,
  most: number,
  plugin: string | undefined,
) {
  const whole = check(z.record(z.string(), z.unknown(), expected("an object")), json, []);
  const { inputs, parameters = {}, options = {}, ...others } = whole;
  check(clientOptions, options, ["options"]);
  const known = [
    "inputs",
    "parameters",
    "options",
    ...(task.atRoot ? Object.keys(task.parameters.shape) : []),
  ];
  const unknown = Object.keys(others).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw wrong("", `takes ${known.join(", ")}, but not ${unknown.slice(0, 60)}`, unknown);
  const named = plugin !== undefined && { plugin };
  const asked = check(z.record(z.string(), z.unknown(), expected("an object")), parameters, ["parameters"]);
  const many = Array.isArray(inputs);
  const list = z.array(task.input).max(most, `should have at most ${most} items`);
  return {
    inputs: many ? check(list, inputs, ["inputs"]) : [check(task.input, inputs, ["inputs"])],
    parameters: check(task.parameters, { ...asked, ...others, ...named }, task.atRoot ? [] : ["parameters"]),
    many,
  };
}

/** An error with its field, and where that begins the sentence the sentence too, as Hugging Face's bodies call it. */
function inTheirWords(error: unknown, names: Readonly<Record<string, string>>): unknown {
  if (!(error instanceof ClozeError) || error.field === undefined) return error;
  const [, place = "", own] = /^(inputs\[\d+\])?\.?(\w*)$/.exec(error.field) ?? [];
  const theirs = own === undefined ? undefined : (names[own] ?? own);
  if (theirs === undefined) return error;
  const field = place === "" ? theirs : place + theirs.replace(/^inputs/, "");
  const { code, message, cause } = error;
  const said = message.startsWith(`${error.field} `) ? field + message.slice(error.field.length) : message;
  return new ClozeError(code, said, { field, cause });
}

function absent(name: string): string {
  return name === "zero-shot-classification"
    ? "zero-shot-classification needs a head for natural language inference, which this model does not have."
    : `There is no task ${name.slice(0, 80)}.`;
}

function bodySchema({ name, input, parameters, atRoot }: HuggingFaceTask, most: number): JsonSchema {
  const one = schemaOfInput(input);
  const fields = schemaOfInput(parameters) as JsonSchema & { readonly properties: JsonSchema };
  return {
    title: name,
    type: "object",
    required: ["inputs"],
    properties: {
      inputs: { anyOf: [one, { type: "array", maxItems: most, items: one }] },
      parameters: fields,
      options: schemaOfInput(clientOptions),
      ...(atRoot && fields.properties),
    },
    additionalProperties: false,
  };
}

function answerSchemas({ answer, listed }: HuggingFaceTask): readonly JsonSchema[] {
  const one = schemaOfOutput(answer);
  const list = { type: "array", items: one };
  return listed ? [list] : [one, list];
}
