/**
 * The vocabulary as an automaton: a trie in a double array (Aoe, 1989) with the failure links of LinMaxMatch
 * (Song et al., "Fast WordPiece Tokenization", 2021). A walk reads each character of a word once and finds what
 * greedy longest-match-first finds. Built from the pieces in some tens of milliseconds: once per vocabulary.
 */
import { ClozeError } from "../errors.ts";

/** The code of every character that is in no piece: a word with one is unknown. */
export const UNKNOWN_CODE = 3;
/** Codes below are left to the tokenizer's own use in its table of characters. */
const FIRST_CODE = 4;

const TOO_MANY_CHARACTERS = "The vocabulary has over 65,000 different characters: use a smaller alphabet.";

/** States of the automaton that are always there; 0 is none, so that an unused cell is nobody's child. */
export const ROOT = 1;
export const SUFFIX_ROOT = 2;
/** A link that leads nowhere: the word has no pieces. */
export const NO_LINK = -1;
/** Nothing is emitted on the way along the link. */
export const NO_PIECES = 0x7fffffff;

export interface Trie {
  /** Codes of characters in order of appearance, which in BERT's vocabularies puts the alphabets first. */
  readonly codes: Uint16Array;
  readonly astralCodes: ReadonlyMap<number, number>;
  /**
   * Four numbers a state: base (the child by a code is at base + code), the state it is a child of, the failure
   * link, and the pieces emitted along that link: an id, NO_PIECES, or -1 - an index of `emitted`.
   */
  readonly cells: Int32Array;
  /** Lists of ids, each after its count. */
  readonly emitted: Int32Array;
  /** The characters of each piece, without its prefix. */
  readonly lengths: Int32Array;
}

/** A piece with this prefix continues a word. */
export const PREFIX = "##";

/** @param pieces Distinct and not empty; a piece's index is its id. */
export function buildTrie(pieces: readonly string[]): Trie {
  const tree = plantTree(pieces);
  return { codes: tree.codes, astralCodes: tree.astralCodes, lengths: tree.lengths, ...layOut(tree) };
}

/** A plain trie: nodes are numbered as they come, children hang in chains. */
interface Tree {
  readonly codes: Uint16Array;
  readonly astralCodes: ReadonlyMap<number, number>;
  /** Codes are less than this. */
  readonly size: number;
  readonly nodes: number;
  readonly child: Int32Array;
  readonly sibling: Int32Array;
  readonly code: Uint16Array;
  /** The id of the piece that ends at a node, or -1. */
  readonly piece: Int32Array;
  readonly lengths: Int32Array;
}

function plantTree(pieces: readonly string[]): Tree {
  let most = SUFFIX_ROOT + 1;
  for (const piece of pieces) most += piece.length;
  const child = new Int32Array(most);
  const sibling = new Int32Array(most);
  const code = new Uint16Array(most);
  const piece = new Int32Array(most).fill(-1);
  const lengths = new Int32Array(pieces.length);
  const codes = new Uint16Array(0x10000).fill(UNKNOWN_CODE);
  const astralCodes = new Map<number, number>();
  const fromRoot = new Int32Array(4 * 0x10000); // by code and root: the roots have too many children for a chain
  let size = FIRST_CODE;
  let nodes = SUFFIX_ROOT + 1;
  for (let id = 0; id < pieces.length; id++) {
    const text = pieces[id]!;
    const start = text.length > PREFIX.length && text.startsWith(PREFIX) ? PREFIX.length : 0;
    let node = start === 0 ? ROOT : SUFFIX_ROOT;
    let length = 0;
    for (let at = start; at < text.length; at++) {
      const point = text.codePointAt(at)!;
      if (point > 0xffff) at++;
      let symbol = point > 0xffff ? (astralCodes.get(point) ?? UNKNOWN_CODE) : codes[point]!;
      if (symbol === UNKNOWN_CODE) {
        if (size > 0xffff) throw new ClozeError("unsupported", TOO_MANY_CHARACTERS);
        symbol = size++;
        if (point > 0xffff) astralCodes.set(point, symbol);
        else codes[point] = symbol;
      }
      const root = node <= SUFFIX_ROOT ? 4 * symbol + node : -1;
      let next = root < 0 ? child[node]! : fromRoot[root]!;
      if (root < 0) while (next !== 0 && code[next] !== symbol) next = sibling[next]!;
      if (next === 0) {
        next = nodes++;
        code[next] = symbol;
        sibling[next] = child[node]!;
        child[node] = next;
        if (root >= 0) fromRoot[root] = next;
      }
      node = next;
      length++;
    }
    piece[node] = id;
    lengths[id] = length;
  }
  return { codes, astralCodes, size, nodes, child, sibling, code, piece, lengths };
}

/** Gives every node its place in the double array, breadth first, and its failure link on the way. */
function layOut(tree: Tree): { cells: Int32Array; emitted: Int32Array } {
  const { nodes, size, child, sibling, code, piece } = tree;
  let cells = new Int32Array(4 * (nodes + (nodes >> 3) + 3 * size)); // seldom too few: most cells get used
  let used = new Uint8Array(cells.length / 4);
  const queue = new Int32Array(nodes); // nodes in order of depth
  const slots = new Int32Array(nodes); // their places
  const family = new Int32Array(size);
  const emitted: number[] = [];
  for (const root of [ROOT, SUFFIX_ROOT]) {
    slots[root] = queue[root - 1] = root;
    cells.set([0, 0, NO_LINK, NO_PIECES], 4 * root);
  }
  let firstFree = size; // lower places could not be reached by every code
  let firstRoomy = size; // from here on there is room for several children
  for (let head = 0, tail = 2; head < tail; head++) {
    const slot = slots[queue[head]!]!;
    let count = 0;
    let least = size;
    for (let node = child[queue[head]!]!; node !== 0; node = sibling[node]!) {
      family[count++] = node;
      if (code[node]! < least) least = code[node]!;
    }
    if (count === 0) continue;
    let base = (count === 1 ? firstFree : firstRoomy) - least;
    for (let tries = 0; ; base++, tries++) {
      if (used[base + least] === 1) continue;
      if (base + 2 * size >= used.length) {
        cells = enlarge(cells, new Int32Array(2 * cells.length));
        used = enlarge(used, new Uint8Array(2 * used.length));
      }
      let member = 0;
      while (member < count && used[base + code[family[member]!]!] === 0) member++;
      if (member === count) {
        if (tries > 8) firstRoomy = base + least;
        break;
      }
    }
    cells[4 * slot] = base;
    for (let member = 0; member < count; member++) {
      const node = family[member]!;
      const place = base + code[node]!;
      used[place] = 1;
      slots[node] = place;
      cells[4 * place + 1] = slot;
      queue[tail++] = node;
      link(cells, slot, place, code[node]!, piece[node]!, emitted);
    }
    while (used[firstFree] === 1) firstFree++;
  }
  return { cells, emitted: Int32Array.from(emitted) };
}

/** Algorithm 2 of the paper: where to go on from a node when its characters go no further, and what to emit. */
function link(
  cells: Int32Array,
  parent: number,
  place: number,
  code: number,
  piece: number,
  emitted: number[],
) {
  cells[4 * place + 2] = NO_LINK;
  cells[4 * place + 3] = NO_PIECES;
  if (piece >= 0) {
    cells[4 * place + 2] = SUFFIX_ROOT;
    cells[4 * place + 3] = piece;
    return;
  }
  if (parent === ROOT || parent === SUFFIX_ROOT) return;
  let state = cells[4 * parent + 2]!;
  while (state !== NO_LINK && cells[4 * (cells[4 * state]! + code) + 1] !== state)
    state = cells[4 * state + 2]!;
  if (state === NO_LINK) return;
  let emission = cells[4 * parent + 3]!;
  for (let via = cells[4 * parent + 2]!; via !== state; via = cells[4 * via + 2]!)
    emission = join(emitted, emission, cells[4 * via + 3]!);
  cells[4 * place + 2] = cells[4 * state]! + code;
  cells[4 * place + 3] = emission;
}

/** Joins lists of piece ids; a list of one is its id, a longer one -1 - its place in `lists`. */
function join(lists: number[], left: number, right: number): number {
  if (right === NO_PIECES) return left;
  if (left === NO_PIECES) return right;
  const at = lists.length;
  lists.push(0);
  for (const part of [left, right]) {
    if (part >= 0) lists.push(part);
    else for (let nth = 1; nth <= lists[-1 - part]!; nth++) lists.push(lists[nth - 1 - part]!);
  }
  lists[at] = lists.length - at - 1;
  return -1 - at;
}

function enlarge<T extends Int32Array | Uint8Array>(full: T, larger: T): T {
  larger.set(full);
  return larger;
}
