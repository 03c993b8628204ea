/** What characters are to Python: what they are to Rust, and the differences. */
import * as differences from "./python.generated.ts";
import * as rust from "./unicode.ts";

function differing(isOne: (point: number) => boolean, table: string): (point: number) => boolean {
  const isOther = rust.membership(table);
  return (point) => isOne(point) !== isOther(point);
}

const lowers = rust.readMap(differences.lower);
const decompositions = rust.readMap(differences.decomposition);
const classes = rust.readMap(differences.combining);

/** The same questions as in `unicode.ts`, and the two that a final sigma asks. */
export const python = {
  isRemoved: differing(rust.isRemoved, differences.removed),
  /** `str.isspace()`. */
  isWhitespace: differing(rust.isWhitespace, differences.whitespace),
  isChinese: differing(rust.isChinese, differences.chinese),
  isPunctuation: differing(rust.isPunctuation, differences.punctuation),
  isNonspacing: differing(rust.isNonspacing, differences.nonspacing),
  isCased: rust.membership(differences.cased),
  isIgnorable: rust.membership(differences.ignorable),
  lower: (point: number): readonly number[] =>
    lowers.get(point) ?? rust.lowerToSeveral(point) ?? [rust.lower(point)],
  /** Without marks that are stripped, as in `unicode.ts`. */
  decompose: (point: number): readonly number[] =>
    decompositions.get(point) ?? rust.decompose(point) ?? [point],
  combiningClass: (point: number): number => classes.get(point)?.[0] ?? rust.combiningClass(point),
};
