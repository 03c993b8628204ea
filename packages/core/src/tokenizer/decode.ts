/** From pieces back to text: the clean-up of Hugging Face's WordPiece decoder, which it applies piece by piece. */

const CLEAN_UPS: readonly (readonly [found: string, put: string])[] = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" do not", " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** @param piece With its leading space, if it begins a word. */
export function cleanUpPiece(piece: string): string {
  for (const [found, put] of CLEAN_UPS) piece = piece.replaceAll(found, put);
  return piece;
}
