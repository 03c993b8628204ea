/**
 * What a head is: parameters, a forward pass on top of the encoder, and how Hugging Face's folders name it. How
 * its logits are decoded stands beside it, in its own file; nothing else in the code branches on a head's kind.
 */
import type { GraphBuilder, Value } from "../graph/graph.ts";
import { featureOutputs } from "../model/outputs.ts";
import type { Features } from "../model/outputs.ts";
import type { FeatureKind, HeadKind, Plugin } from "../plugin.ts";
import type { HeadConfig } from "../model/config.ts";

/** A head: what its parameters are, and what it computes of the encoder's outputs. */
export interface Head {
  /** The kinds of `plugin.json` that this head serves. */
  readonly kinds: readonly HeadKind[];
  /** The classes of `transformers` that have it, and what its parameters are called there. */
  readonly architectures: readonly string[];
  readonly scope: string;
  /** Describes the head that came inside a model folder. */
  describe(config: HeadConfig): HeadShape & Pick<Plugin, "kind">;
  /** What is wrong with a plugin of one of these kinds, if something is: its labels or what it reads. */
  complaint(plugin: Pick<Plugin, "kind" | "labels" | "features">): string | undefined;
  /**
   * What it computes of the encoder's outputs, each under what its name adds to the head's: "" is the logits. Declares
   * the head's parameters under `scope`.
   */
  forward(
    g: GraphBuilder,
    encoder: Features,
    plugin: HeadShape,
    scope: string,
  ): { readonly "": Value; readonly [suffix: string]: Value };
}

/** What the forward pass needs to know of a plugin. */
export type HeadShape = Pick<Plugin, "labels" | "features" | "tied">;

/** The vector that a head on a whole text reads: [batch, width]. */
export function textFeatures(g: GraphBuilder, { config, read }: Features, features: FeatureKind): Value {
  const parts = featureOutputs(config, features).map(read); // each [batch, hidden]
  return parts.length === 1 ? parts[0] : g.concat(parts, 1);
}

/** What is wrong with a head on tokens that reads these features. */
export function complainOfTokenFeatures({ features }: Pick<Plugin, "features">): string | undefined {
  return features === "hidden"
    ? undefined
    : `features should be hidden, every token's vector, not ${features}`;
}

/** What is wrong with a head on a whole text that reads these features. */
export function complainOfTextFeatures({ features }: Pick<Plugin, "features">): string | undefined {
  return features === "hidden" ? "features should name one vector of the text, not hidden" : undefined;
}

/** What is wrong with a head of as many logits as it has labels. */
export function complainOfLabels({ labels }: Pick<Plugin, "labels">): string | undefined {
  return labels.length > 0 ? undefined : "labels should be a list of names, one a logit";
}
