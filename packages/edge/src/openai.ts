/**
 * `/v1/embeddings`: OpenAI's body and answer, so that its clients run unchanged. Vectors have length 1, as OpenAI's do;
 * whatever model is asked for, this service's own answers and is named.
 */
import type { Context } from "hono";
import * as z from "zod";
import { parseJson, readJsonBytes } from "./body.ts";
import { bindings } from "./env.ts";
import type { EdgeEnv } from "./env.ts";
import { check, expected, object, wrong } from "./inputs.ts";
import { schemaOfInput, schemaOfOutput, taskProblems } from "./operation.ts";
import type { Mounted } from "./operation.ts";
import type { EdgeLimits, EdgeOptions } from "./options.ts";
import { openModel } from "./request-model.ts";
import { embed } from "./routes/embed.ts";
import type { Services } from "./services.ts";

const answerSchema = z.strictObject({
  object: z.literal("list"),
  data: z.array(
    z.strictObject({
      object: z.literal("embedding"),
      index: z.int(),
      embedding: z.union([z.array(z.number()), z.string().describe("float32, little-endian, in base64.")]),
      truncated: z.literal(true).optional().describe("The text was longer than the model reads."),
    }),
  ),
  model: z.string(),
  usage: z.strictObject({ prompt_tokens: z.int(), total_tokens: z.int() }),
});

/** The route. */
export function openAiRoutes(
  options: EdgeOptions,
  limits: EdgeLimits,
  services: Services,
): readonly Mounted[] {
  const { config, tokenizer, encoder } = options.model;
  const { hiddenSize, layers, maxPositions: maxLength } = config;
  const texts = z
    .array(z.string(expected("a text")), expected("a text or a list of texts"))
    .min(1, "should have a text")
    .max(limits.inputs, `should have at most ${limits.inputs} items`);
  const body = object({
    input: z.union([z.string(), texts]),
    model: z.string(expected("a text")).describe("Any: the service's own model answers."),
    encoding_format: z.enum(["float", "base64"], expected('"float" or "base64"')).default("float"),
    dimensions: z.literal(hiddenSize, expected(`${hiddenSize}, the model's own`)).exactOptional(),
    user: z.string(expected("a text")).exactOptional(),
  });

  return [
    {
      operation: {
        method: "post",
        path: "/v1/embeddings",
        id: "embeddings",
        summary: "Vectors as OpenAI answers them: for its clients, in Python and in JavaScript",
        tag: "Other clients",
        scope: "use",
        body: {
          types: ["application/json"],
          schema: schemaOfInput(body),
          example: { model: "cloze-starter", input: "a warm , funny film" },
        },
        answers: {
          200: {
            description: "One vector a text.",
            content: { "application/json": schemaOfOutput(answerSchema) },
          },
        },
        problems: taskProblems,
      },
      handle: answer,
    },
  ];

  async function answer(c: Context<EdgeEnv>): Promise<Response> {
    const host = openModel(c, options, limits, services);
    const json = parseJson(await readJsonBytes(c.req.raw, limits.bodyBytes));
    c.header("Cache-Control", "no-store");
    const { input, encoding_format } = readBody(json);
    const inputs = (typeof input === "string" ? [input] : input).map((text) => ({ text }));
    const run = { signal: c.req.raw.signal };
    const results = await embed(layers).run({ ...host, ...limits }, inputs, { normalize: true }, run);
    const tokens = inputs.reduce((sum, { text }) => sum + Math.min(maxLength, tokenizer.count(text) + 2), 0);
    return c.json({
      object: "list",
      data: results.map(({ embedding, truncated }, index) => ({
        object: "embedding",
        index,
        embedding: encoding_format === "base64" ? toBase64(embedding) : embedding,
        ...(truncated && { truncated }),
      })),
      model: encoder?.name ?? options.server?.model ?? bindings(c).CLOZE_SERVER_MODEL ?? "cloze",
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    } satisfies z.output<typeof answerSchema>);
  }

  function readBody(json: unknown): z.output<typeof body> {
    const { input, ...others } = check(z.record(z.string(), z.unknown(), expected("an object")), json, []);
    const [first] = Array.isArray(input) ? (input as readonly unknown[]).flat() : [];
    // They are tiktoken's, whatever the client: as pieces of this vocabulary they would be another text.
    if (typeof first === "number")
      throw wrong("input", "should be a text or a list of texts: token ids are another vocabulary's");
    return check(
      body,
      { ...others, input: typeof input === "string" ? input : check(texts, input, ["input"]) },
      [],
    );
  }
}

function toBase64(vector: readonly number[]): string {
  const bytes = new Uint8Array(Float32Array.from(vector).buffer); // every host of this is little-endian
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
