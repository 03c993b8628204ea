/** `/v1/tag`: the entities of a text. */
import * as z from "zod";
import { expected, object, whole } from "../inputs.ts";
import { offsetsIn } from "../offsets.ts";
import {
  expectTokens,
  flag,
  offset,
  offsetEncoding,
  plugin,
  probability,
  route,
  text,
  windowLimit,
} from "./route.ts";

/** @param positions The model's, which bound a window. */
export const tag = (positions: number) =>
  route({
    name: "tag",
    summary: "Names and other entities in a text",
    kind: "token",
    input: object({ text }),
    options: object({
      plugin,
      aggregation: z
        .enum(
          ["none", "simple", "first", "average", "max"],
          expected('"none", "simple", "first", "average" or "max"'),
        )
        .exactOptional()
        .describe("How tokens become entities; none gives each token."),
      outside: flag.exactOptional().describe("Whether what is no entity is given too, with the label O."),
      maxLength: whole(4, positions).exactOptional(),
      overlap: whole(0).exactOptional(),
      offsetEncoding,
    }),
    answer: z.strictObject({
      entities: z.array(
        z.strictObject({
          label: z.string(),
          start: offset,
          end: offset,
          text: z.string(),
          score: probability,
        }),
      ),
    }),
    example: { text: "Anton Chekhov was born in Taganrog." },
    async run(host, inputs, { offsetEncoding: units, ...options }, run) {
      if (options.outside) expectTokens(host, inputs);
      const maxWindows = await windowLimit(host, "token", options);
      const predictor = await host.predictor(options.plugin);
      const tagged = await predictor.tag(inputs, { ...options, maxWindows, ...run });
      return tagged.map(({ entities }, i) => {
        const at = offsetsIn(units, inputs[i].text);
        return {
          entities: entities.map((entity) => ({ ...entity, start: at(entity.start), end: at(entity.end) })),
        };
      });
    },
  });
