/** Text to ids and offsets, and back. */
export type { AddedToken } from "./added-tokens.ts";
export type { TokenizerFiles } from "./files.ts";
export type { ResolvedSettings, SpecialPieces, SpecialTokens, TokenizerSettings } from "./settings.ts";
export { type DecodeOptions, Tokenizer, type Tokens } from "./tokenizer.ts";
export { Vocabulary } from "./vocabulary.ts";
