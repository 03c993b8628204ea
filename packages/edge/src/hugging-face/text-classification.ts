/** `text-classification`: every label with its score, best first. */
import { findHead } from "@cloze/core";
import * as z from "zod";
import { expected, object, whole } from "../inputs.ts";
import { classify } from "../routes/classify.ts";
import { plugin, text } from "../routes/route.ts";
import { given, label, task } from "./task.ts";

export const textClassification = task({
  name: "text-classification",
  input: z.union(
    [text, object({ text, text_pair: text.exactOptional() })],
    expected("a text, or { text, text_pair }"),
  ),
  parameters: object({
    plugin,
    top_k: whole(1).exactOptional(),
    function_to_apply: z
      .enum(["none", "sigmoid", "softmax"], expected('"none", "sigmoid" or "softmax"'))
      .exactOptional(),
  }),
  answer: z.array(label),
  listed: true,
  names: { plugin: "parameters.plugin", top: "parameters.top_k", function: "parameters.function_to_apply" },
  async run(host, inputs, { plugin: head, top_k, function_to_apply }, run) {
    const texts = inputs.map((input) =>
      typeof input === "string" ? { text: input } : { text: input.text, ...given({ pair: input.text_pair }) },
    );
    const results = await classify.run(
      host,
      texts,
      given({ plugin: head, top: top_k, function: function_to_apply }),
      run,
    );
    const [own = "LABEL_0"] = (await host.predictor(head)).findPlugin(findHead("sequence"), head).labels;
    return results.map((result) => {
      const scores = "value" in result ? { [own]: result.value } : result.scores;
      return Object.entries(scores)
        .sort(([, a], [, b]) => b - a)
        .map(([name, score]) => ({ label: name, score, ...given({ truncated: result.truncated }) }));
    });
  },
});
