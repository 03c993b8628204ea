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

export { DROPOUT_SEED, GraphBuilder, namesOf } from "./graph/graph.ts";
export type {
  BuilderOptions,
  DataType,
  Dimension,
  Graph,
  Node,
  NodeOf,
  Shape,
  Value,
} from "./graph/graph.ts";
export { composeAttention } from "./graph/attention.ts";
export { keepThreshold, mixing, mixingStarts, saltFactors } from "./graph/dropout.ts";
export { interpret, needed } from "./graph/interpret.ts";
export type { InterpretOptions } from "./graph/interpret.ts";
export { operators } from "./graph/operators.ts";
export type { Attributes, Numbers, Operand, Operator } from "./graph/operators.ts";

export { CAUSAL_BIAS } from "./model/bert.ts";
export { parseConfig, presets } from "./model/config.ts";
export type { Activation, BertConfig, DropoutRates, HeadConfig } from "./model/config.ts";
export { gatherTokenizerFiles, readModel } from "./model/read-model.ts";
export type { ModelDescription, ModelTexts } from "./model/read-model.ts";
export { flopsPerToken, parameterCount } from "./model/parameters.ts";
export type { FlopCount, ParameterCount } from "./model/parameters.ts";

export { AttachedSession } from "./heads/attached.ts";
export type { HeadWeights } from "./heads/attached.ts";
export { buildHead, buildModel, checkPlugin, findHead, heads } from "./heads/index.ts";
export type { AttachedHead, Head, HeadShape, ModelGraphOptions } from "./heads/index.ts";
export { maskedLm, rank } from "./heads/masked-lm.ts";
export type { ScoreFunction } from "./heads/sequence.ts";
export type { Span } from "./heads/span.ts";
export type { Aggregation, Entity } from "./heads/token.ts";

export { OWN_HEAD, parsePlugin } from "./plugin.ts";
export type { FeatureKind, HeadKind, Plugin } from "./plugin.ts";
export { MASKED_POSITIONS } from "./session.ts";
export type { Feeds, FloatTensor, IntegerTensor, Progress, RunOptions, Session, Tensor } from "./session.ts";

export { asPipeline, findPipeline } from "./pipeline.ts";
export type {
  FeatureTensor,
  FilledToken,
  LabelScore,
  PipelineAnswer,
  Pipelines,
  PipelineTask,
  TokenEntity,
} from "./pipeline.ts";
export { Predictor } from "./predictor.ts";
export type { LoadedPlugin, PredictorParts, Task } from "./predictor.ts";
export { definePlugin } from "./tasks/code-plugin.ts";
export type { CodePlugin, CodePluginInput } from "./tasks/code-plugin.ts";
export type { TaskModel } from "./tasks/task.ts";
export type {
  Classification,
  ClassifyOptions,
  LabelScores,
  RegressionValue,
} from "./tasks/text-classification.ts";
export type { Answer, AskOptions, Question } from "./tasks/question-answering.ts";
export type { Tagging, TagOptions } from "./tasks/token-classification.ts";
export type { Embedding, EmbedOptions, Pooling } from "./tasks/feature-extraction.ts";
export type { Filled, FilledMask, Filling, FillOptions, Prediction } from "./tasks/fill-mask.ts";
export type { Choice, ChoiceQuestion, ChooseOptions } from "./tasks/multiple-choice.ts";
export type { NextOptions, NextSentence, TextPair } from "./tasks/next-sentence.ts";
export type { Similar, SimilarOptions } from "./tasks/similarity.ts";
