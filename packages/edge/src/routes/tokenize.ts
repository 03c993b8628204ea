/** `/v1/tokenize`: ids, tokens and where they stand in the text. It needs no inference server. */
import * as z from "zod";
import { object, whole } from "../inputs.ts";
import { offsetsIn } from "../offsets.ts";
import { expectTokens, offset, offsetEncoding, route, texts, truncated } from "./route.ts";

export const tokenize = route({
  name: "tokenize",
  summary: "Ids, tokens and where they stand in the text; needs no inference server",
  input: texts,
  options: object({
    maxLength: whole(4).exactOptional().describe("Longer texts are cut, the longest first."),
    offsetEncoding,
  }),
  answer: z.strictObject({
    ids: z.array(z.int()),
    segments: z.array(z.int()),
    tokens: z.array(z.string()),
    offsets: z.array(z.array(offset)).describe("[start, end) of each token; of special ones [0, 0]."),
    truncated,
  }),
  example: { text: "a warm , funny film" },
  async run(host, inputs, { maxLength = Infinity, offsetEncoding: units }) {
    expectTokens(host, inputs, maxLength);
    const { tokenizer } = host;
    return inputs.map((input) => {
      const encoding = tokenizer.encode(input, { maxLength });
      const { ids, segments, offsets } = encoding;
      const at = [input.text, input.pair ?? ""].map((one) => offsetsIn(units, one));
      return {
        ids: Array.from(ids),
        segments: Array.from(segments),
        tokens: Array.from(ids, (id) => tokenizer.vocabulary.piece(id)),
        offsets: Array.from(ids, (_, i) => [offsets[2 * i], offsets[2 * i + 1]].map(at[segments[i]])),
        ...(encoding.truncated && { truncated: true as const }),
      };
    });
  },
});
