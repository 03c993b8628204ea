/** Text to ids and offsets, and back. */
export type { EncodingArrays } from "../encoding/arrays.ts";
export type { EncodeOptions, TextInput, WindowOptions } from "../encoding/encode.ts";
export { charToToken, type Encoding } from "../encoding/encoding.ts";
export type { Direction, Truncation } from "../encoding/truncation.ts";
export type { AddedToken } from "./added-tokens.ts";
export type { DecodeOptions } from "./decode.ts";
export type { TokenizerFiles } from "./files.ts";
export type {
  Compat,
  ResolvedSettings,
  SpecialPieces,
  SpecialTokens,
  TokenizerSettings,
} from "./settings.ts";
export { Tokenizer, type Tokens } from "./tokenizer.ts";
export { Vocabulary } from "./vocabulary.ts";
