/**
 * What makes a file's own outputs ours: one small graph, run after the file's in the same thread, so that only what was
 * asked for leaves it. It pools, lays start and end side by side, and picks masked words out of logits for every word.
 */
import { GraphBuilder, MASKED_POSITIONS, rank } from "@cloze/core";
import type { BertConfig, Graph, Plugin, Shape, Value } from "@cloze/core";
import type { Role, Signature } from "./signature.ts";

/** What the adapter's inputs are called before the names of the file's outputs, which may be those of its own. */
export const GIVEN = "given.";

/**
 * The graph from a file's outputs to those of a model as `buildModel` names them. It also reads `attention_mask` and
 * `masked_positions`, where it needs them.
 *
 * @param plugins The heads that the file has inside.
 */
export function adapterGraph(config: BertConfig, plugins: readonly Plugin[], signature: Signature): Graph {
  const g = new GraphBuilder();
  const { outputs, choices = 1 } = signature;
  const { hiddenSize: H, vocabularySize: V, layers: L } = config;
  const given = (role: Role, shape: Shape): Value =>
    g.input(GIVEN + outputs.get(role)!.name, shape, "float32");

  for (let n = 0; n <= L; n++) {
    const role = n === L ? "last_hidden_state" : (`hidden.${n}` as const);
    if (outputs.has(role)) addLayer(g, n, given(role, ["batch", "length", H]));
  }
  if (outputs.has("last_hidden_state"))
    g.output("last_hidden_state", given("last_hidden_state", ["batch", "length", H]));
  if (outputs.has("pooler_output")) g.output("pooler_output", given("pooler_output", ["batch", H]));

  for (const { kind, name, labels } of plugins) {
    switch (kind) {
      case "masked-lm": {
        const every = outputs.has("prediction_logits") ? "prediction_logits" : "logits";
        addMasked(g, name, given(every, ["batch", "length", V]));
        break;
      }
      case "span": {
        const apart = (["start_logits", "end_logits"] as const).filter((role) => outputs.has(role));
        const sides = apart.map((role) => g.expand(given(role, ["batch", "length"]), 2)); // [batch, length, 1]
        g.output(name, sides.length === 2 ? g.concat(sides, 2) : given("logits", ["batch", "length", 2]));
        break;
      }
      case "token":
        g.output(name, given("logits", ["batch", "length", labels.length]));
        break;
      case "choice":
        // The file answers a question a row, ours a choice a row; where it takes several choices, it gets one question.
        if (choices === 1) g.output(name, given("logits", ["batch", 1]));
        else g.output(name, g.expand(g.select(given("logits", [1, choices]), 0, 0), 1)); // [choices, 1]
        break;
      default: {
        const role = outputs.has("seq_relationship_logits") ? "seq_relationship_logits" : "logits";
        g.output(name, given(role, ["batch", labels.length]));
      }
    }
  }
  return g.build();
}

/** A layer as it is, its mean over the real tokens, and its vector of [CLS]. */
function addLayer(g: GraphBuilder, n: number, hidden: Value): void {
  const mask = g.input("attention_mask", ["batch", "length"], "float32");
  const shares = g.expand(g.divide(mask, g.expand(g.sum(mask, 1), 1)), 1); // [batch, 1, length]
  g.output(`hidden.${n}`, hidden); // [batch, length, hidden]
  g.output(`mean.${n}`, g.select(g.matMul(shares, hidden), 1, 0)); // [batch, hidden]
  g.output(`cls.${n}`, g.select(hidden, 1, 0)); // [batch, hidden]
}

/** The masked words out of the logits for every word, [batch, length, vocabulary], and the best for each. */
function addMasked(g: GraphBuilder, name: string, every: Value): void {
  const positions = g.input(MASKED_POSITIONS, ["batch", "masks"], "int32");
  const logits = g.gatherRows(every, positions); // [batch, masks, vocabulary]
  g.output(name, logits);
  const ranked = rank(g, logits, Number(logits.shape[2]));
  for (const [suffix, value] of Object.entries(ranked)) g.output(name + suffix, value);
}
