/**
 * What is said of a route besides its handler: what it takes, what it answers and who may ask. The OpenAPI document is
 * made of these, of the same schemas that validate.
 */
import type { Context } from "hono";
import * as z from "zod";
import type { Scope } from "./auth.ts";
import type { EdgeEnv } from "./env.ts";
import { problemSchema } from "./problem.ts";
import type { Route } from "./routes/route.ts";

/** A JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One method of one path. */
export interface Operation {
  readonly method: "get" | "post" | "put" | "delete";
  /** With `{name}` where a part varies. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly tag: string;
  /** Whose key it asks for where there are keys; without one it is for everybody. */
  readonly scope?: Scope;
  /** The parts of the path that vary. */
  readonly parameters?: Readonly<Record<string, JsonSchema>>;
  readonly body?: {
    readonly types: readonly string[];
    readonly schema: JsonSchema;
    readonly example?: unknown;
  };
  readonly answers: Readonly<Record<number, Answer>>;
  /** The statuses of its problems, beside those that any may have. */
  readonly problems?: readonly number[];
}

/** An operation and what answers it. */
export interface Mounted {
  readonly operation: Operation;
  readonly handle: (c: Context<EdgeEnv>) => Response | Promise<Response>;
}

interface Answer {
  readonly description: string;
  /** By content type. */
  readonly content?: Readonly<Record<string, JsonSchema>>;
}

/** What a request is made of. */
export function schemaOfInput(schema: z.ZodType): JsonSchema {
  return withoutMeta(z.toJSONSchema(schema, { io: "input" }));
}

/** What an answer is made of. */
export function schemaOfOutput(schema: z.ZodType): JsonSchema {
  return withoutMeta(z.toJSONSchema(schema, { io: "output" }));
}

/** Problems of whatever runs the model. */
export const taskProblems = [400, 404, 413, 415, 422, 499, 502, 503, 504] as const;

const itemError: JsonSchema = {
  type: "object",
  description: "What failed for this input alone.",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: { code: { type: "string" }, message: { type: "string" }, field: { type: "string" } },
    },
  },
};

/** A task as an operation. */
export function taskOperation(route: Route, most: number): Operation {
  const input = objectSchema(schemaOfInput(route.input));
  const options = objectSchema(schemaOfInput(route.options));
  const about: JsonSchema =
    "offsetEncoding" in options.properties ? { offsetEncoding: { type: "string" } } : {};
  const one = withProperties(schemaOfOutput(route.answer), about);
  const results = { type: "array", items: { anyOf: [schemaOfOutput(route.answer), itemError] } };
  return {
    method: "post",
    path: `/v1/${route.name}`,
    id: route.name,
    summary: route.summary,
    tag: "Tasks",
    scope: "use",
    body: {
      types: ["application/json"],
      schema: {
        anyOf: [
          {
            title: "One",
            type: "object",
            required: input.required,
            properties: { ...input.properties, ...options.properties },
            additionalProperties: false,
          },
          {
            title: "Several",
            type: "object",
            required: ["inputs"],
            properties: {
              inputs: { type: "array", maxItems: most, items: schemaOfInput(route.input) },
              ...options.properties,
            },
            additionalProperties: false,
          },
        ],
      },
      example: route.example,
    },
    answers: {
      200: {
        description:
          "The answer; for inputs, one each in their order. As application/x-ndjson one a line, as they come.",
        content: {
          "application/json": {
            anyOf: [
              one,
              {
                type: "object",
                required: ["results"],
                properties: { results, ...about },
                additionalProperties: false,
              },
            ],
          },
          "application/x-ndjson": { anyOf: [one, itemError] },
        },
      },
    },
    problems: taskProblems,
  };
}

/** The OpenAPI 3.1 document of operations. */
export function openApi(
  operations: readonly Operation[],
  { title, version }: { title: string; version: string },
) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) (paths[operation.path] ??= {})[operation.method] = describe(operation);
  return {
    openapi: "3.1.0",
    info: { title, version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "/" }],
    security: [],
    paths,
    components: {
      schemas: { Problem: schemaOfOutput(problemSchema) },
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
    },
  };
}

function describe({ id, summary, tag, scope, parameters = {}, body, answers, problems = [] }: Operation) {
  const known = scope ? [401, 403, 429, ...problems] : problems;
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(scope && { security: [{ key: [] }, {}], description: `Scope: ${scope}.` }),
    parameters: Object.entries(parameters).map(([name, schema]) => ({
      name,
      in: "path",
      required: true,
      schema,
    })),
    ...(body && {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          body.types.map((type) => [
            type,
            { schema: body.schema, ...(body.example !== undefined && { example: body.example }) },
          ]),
        ),
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description, content = {} }]) => [
          status,
          {
            description,
            ...(Object.keys(content).length > 0 && {
              content: Object.fromEntries(
                Object.entries(content).map(([type, schema]) => [type, { schema }]),
              ),
            }),
          },
        ]),
      ),
      ...Object.fromEntries([...known, 500].map((status) => [status, problemAnswer])),
    },
  };
}

const problemAnswer = {
  description: "A problem",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

/** An object's schema with more properties, or with them in each of its alternatives. */
function withProperties(schema: JsonSchema, more: JsonSchema): JsonSchema {
  const { anyOf } = schema;
  if (Array.isArray(anyOf))
    return { ...schema, anyOf: anyOf.map((one: JsonSchema) => withProperties(one, more)) };
  return { ...schema, properties: { ...(schema.properties as JsonSchema), ...more } };
}

function objectSchema(schema: JsonSchema) {
  return schema as { readonly properties: JsonSchema; readonly required?: readonly string[] };
}

function withoutMeta(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$schema"));
}
