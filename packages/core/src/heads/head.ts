/**
 * What a head is: parameters, a forward pass on top of the encoder, and how Hugging Face's folders name it. How
 * its logits are decoded stands beside it, in its own file; nothing else in the code branches on a head's kind.
 */
import type { GraphBuilder, Value } from "../graph/graph.ts";
import { mean, pool } from "../model/bert.ts";
import type { Encoder } from "../model/bert.ts";
import type { FeatureKind, HeadKind, Plugin } from "../plugin.ts";
import type { HeadConfig } from "../model/config.ts";

export interface Head {
  /** The kinds of `plugin.json` that this head serves. */
  readonly kinds: readonly HeadKind[];
  /** The class of `transformers` that it is, and what its parameters are called there. */
  readonly architecture: string;
  readonly scope: string;
  /** Describes the head that came inside a model folder. */
  describe(config: HeadConfig): Pick<Plugin, "kind" | "labels" | "features">;
  /** What is wrong with a plugin of one of these kinds, if something is: its labels or what it reads. */
  complaint(plugin: Pick<Plugin, "kind" | "labels" | "features">): string | undefined;
  /** Logits from the encoder; declares the head's parameters under `scope`. */
  forward(g: GraphBuilder, encoder: Encoder, plugin: HeadShape, scope: string): Value;
}

/** What the forward pass needs to know of a plugin. */
export type HeadShape = Pick<Plugin, "labels" | "features">;

/** The vector that a head on a whole text reads, and its width. */
export function textFeatures(g: GraphBuilder, encoder: Encoder, features: FeatureKind): [Value, number] {
  const { hiddenSize: H, layers: L } = encoder.config;
  switch (features) {
    case "pooler":
      return [pool(g, encoder), H]; // [batch, hidden]
    case "cls":
      return [g.select(encoder.last, 1, 0), H]; // [batch, hidden]
    case "mean":
      return [mean(g, encoder, L), H]; // [batch, hidden]
    case "last-four": {
      const layers = [L - 3, L - 2, L - 1, L].filter((n) => n >= 0);
      return [
        g.concat(
          layers.map((n) => mean(g, encoder, n)),
          1,
        ),
        layers.length * H,
      ]; // [batch, 4·hidden]
    }
    case "hidden":
      throw new TypeError("A head on a whole text reads one vector of it, not hidden.");
  }
}
