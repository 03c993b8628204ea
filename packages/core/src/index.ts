/**
 * Cloze's core: tokenizer, encodings, graph, BERT, heads and tasks. No dependency, no I/O.
 */
export { ClozeError } from "./errors.ts";
export type { ErrorCode, ErrorDetails } from "./errors.ts";
export { aborted, throwIfAborted } from "./abort.ts";
export type { Abort } from "./abort.ts";

export { Tokenizer, Vocabulary } from "./tokenizer/index.ts";
export type {
  AddedToken,
  DecodeOptions,
  EncodingArrays,
  SpecialTokens,
  TokenizerFiles,
  TokenizerSettings,
  Tokens,
} from "./tokenizer/index.ts";

export type { EncodeOptions, TextInput, WindowOptions } from "./encoding/encode.ts";
export { charToToken, join, whole } from "./encoding/encoding.ts";
export type { Encoding, Slice } from "./encoding/encoding.ts";
export { longestFirst } from "./encoding/truncation.ts";
export type { Direction, Truncation } from "./encoding/truncation.ts";
export { maxContext, windows } from "./encoding/windows.ts";
export type { Window } from "./encoding/windows.ts";
export { batchByLength, bucketLength, collate } from "./encoding/collate.ts";
export { codePointOffsets } from "./encoding/code-points.ts";
export { hostSegmenter, wordIds } from "./encoding/word-ids.ts";
export type { Segmenter } from "./encoding/word-ids.ts";

export { GraphBuilder } from "./graph/graph.ts";
export type { DataType, Dimension, Graph, Node, NodeOf, Shape, Value } from "./graph/graph.ts";
export { interpret, needed } from "./graph/interpret.ts";
export type { InterpretOptions } from "./graph/interpret.ts";
export { operators } from "./graph/operators.ts";
export type { Attributes, Numbers, Operand, Operator } from "./graph/operators.ts";

export { parseConfig, presets } from "./model/config.ts";
export type { Activation, BertConfig, HeadConfig } from "./model/config.ts";
export { gatherTokenizerFiles, OWN_HEAD, readModel } from "./model/read-model.ts";
export type { ModelDescription, ModelTexts } from "./model/read-model.ts";
export { parameterCount } from "./model/parameters.ts";
export type { ParameterCount } from "./model/parameters.ts";

export { buildModel, checkPlugin, findHead, heads } from "./heads/index.ts";
export type { AttachedHead, Head, HeadShape } from "./heads/index.ts";
export type { ScoreFunction } from "./heads/sequence.ts";
export type { Span } from "./heads/span.ts";
export type { Aggregation, Entity } from "./heads/token.ts";

export { parsePlugin } from "./plugin.ts";
export type { FeatureKind, HeadKind, Plugin } from "./plugin.ts";
export type { Feeds, FloatTensor, IntegerTensor, RunOptions, Session, Tensor } from "./session.ts";

export { Predictor } from "./predictor.ts";
export type { PredictorParts } from "./predictor.ts";
export type { TaskModel } from "./tasks/task.ts";
export type {
  Classification,
  ClassifyOptions,
  LabelScores,
  RegressionValue,
} from "./tasks/text-classification.ts";
export type { Answer, AskOptions, Question } from "./tasks/question-answering.ts";
export type { Tagging, TagOptions } from "./tasks/token-classification.ts";
export type { Embedding, EmbedOptions } from "./tasks/feature-extraction.ts";
