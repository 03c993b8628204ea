/** `count` texts of 4 to 250 words, most of them short, as texts are. */
export function mixedTexts(words, count) {
  return Array.from({ length: count }, (_, i) => {
    const length = Math.round(4 + 246 * (((i * 13) % count) / (count - 1)) ** 2);
    const from = (i * 37) % (words.length - 250);
    return words.slice(from, from + length).join(" ");
  });
}
