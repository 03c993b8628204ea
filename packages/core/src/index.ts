/**
 * Cloze's core: tokenizer, encodings, graph, BERT, heads and tasks. No dependency, no I/O.
 */
export { ClozeError } from "./errors.ts";
export type { ErrorCode, ErrorDetails } from "./errors.ts";
export type { Abort } from "./abort.ts";

export { Tokenizer, Vocabulary } from "./tokenizer/index.ts";
export type { AddedToken, SpecialTokens, TokenizerSettings, Tokens } from "./tokenizer/index.ts";

export { join, whole } from "./encoding/encoding.ts";
export type { Encoding, Slice } from "./encoding/encoding.ts";
export { longestFirst } from "./encoding/truncation.ts";
export { maxContext, windows } from "./encoding/windows.ts";
export type { Window } from "./encoding/windows.ts";
export { batchByLength, collate } from "./encoding/collate.ts";

export { GraphBuilder } from "./graph/graph.ts";
export type { DataType, Dimension, Graph, Node, NodeOf, Shape, Value } from "./graph/graph.ts";
export { interpret, needed } from "./graph/interpret.ts";
export type { InterpretOptions } from "./graph/interpret.ts";
export { operators } from "./graph/operators.ts";
export type { Attributes, Numbers, Operand, Operator } from "./graph/operators.ts";

export { parseConfig, presets } from "./model/config.ts";
export type { Activation, BertConfig, HeadConfig } from "./model/config.ts";
export { parameterCount } from "./model/parameters.ts";
export type { ParameterCount } from "./model/parameters.ts";

export { buildModel, findHead, heads } from "./heads/index.ts";
export type { AttachedHead, Head, HeadShape } from "./heads/index.ts";
export type { ScoreFunction } from "./heads/sequence.ts";
export type { Span } from "./heads/span.ts";

export { parsePlugin } from "./plugin.ts";
export type { FeatureKind, HeadKind, Plugin } from "./plugin.ts";
export type { Feeds, FloatTensor, IntegerTensor, RunOptions, Session, Tensor } from "./session.ts";

export { Predictor } from "./predictor.ts";
export type { PredictorParts } from "./predictor.ts";
export { encodeText } from "./tasks/task.ts";
export type { TaskModel, TextInput } from "./tasks/task.ts";
export type {
  Classification,
  ClassifyOptions,
  LabelScores,
  RegressionValue,
} from "./tasks/text-classification.ts";
export type { Answer, AskOptions, Question } from "./tasks/question-answering.ts";
export type { Embedding, EmbedOptions } from "./tasks/feature-extraction.ts";
