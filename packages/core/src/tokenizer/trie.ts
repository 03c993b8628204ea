/**
 * The vocabulary as an automaton: a trie in a double array (Aoe, 1989) with the failure links of LinMaxMatch
 * (Song et al., "Fast WordPiece Tokenization", 2021). A walk reads each character of a word once and finds what
 * greedy longest-match-first finds. Built from the pieces in some tens of milliseconds: once per vocabulary.
 */

/** The code of every character that is in no piece: a word with one is unknown. */
export const UNKNOWN_CODE = 3;
/** Codes below are left to the tokenizer's own use in its table of characters. */
const FIRST_CODE = 4;

/** States of the automaton that are always there. */
export const ROOT = 0;
export const SUFFIX_ROOT = 1;
/** A link that leads nowhere: the word has no pieces. */
export const NO_LINK = -1;
/** Nothing is emitted on the way along the link. */
export const NO_PIECES = 0x7fffffff;

export interface Trie {
  /** Codes of characters; the commonest in the vocabulary have the smallest. */
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
  const { codes, astralCodes, size } = assignCodes(pieces);
  const tree = plantTree(pieces, codes, astralCodes, size);
  return { codes, astralCodes, lengths: tree.lengths, ...layOut(tree, size) };
}

function startOf(piece: string): number {
  return piece.length > PREFIX.length && piece.startsWith(PREFIX) ? PREFIX.length : 0;
}

function assignCodes(pieces: readonly string[]) {
  const counts = new Int32Array(0x10000);
  const astralCounts = new Map<number, number>();
  for (const piece of pieces) {
    for (let at = startOf(piece); at < piece.length; at++) {
      const point = piece.codePointAt(at)!;
      if (point < 0x10000) counts[point]!++;
      else {
        astralCounts.set(point, (astralCounts.get(point) ?? 0) + 1);
        at++;
      }
    }
  }
  const used: number[] = [];
  for (let point = 0; point < counts.length; point++) if (counts[point] !== 0) used.push(point);
  used.sort((a, b) => counts[b]! - counts[a]! || a - b);
  const codes = new Uint16Array(0x10000).fill(UNKNOWN_CODE);
  const astralCodes = new Map<number, number>();
  let size = FIRST_CODE;
  for (const point of used) codes[point] = size++;
  for (const point of astralCounts.keys()) astralCodes.set(point, size++);
  return { codes, astralCodes, size };
}

/** A plain trie: nodes are numbered as they come, children hang in chains. */
interface Tree {
  readonly nodes: number;
  readonly child: Int32Array;
  readonly sibling: Int32Array;
  readonly code: Uint16Array;
  /** The id of the piece that ends at a node, or -1. */
  readonly piece: Int32Array;
  readonly lengths: Int32Array;
}

function plantTree(
  pieces: readonly string[],
  codes: Uint16Array,
  astralCodes: ReadonlyMap<number, number>,
  size: number,
): Tree {
  let most = 2;
  for (const piece of pieces) most += piece.length;
  const child = new Int32Array(most);
  const sibling = new Int32Array(most);
  const code = new Uint16Array(most);
  const piece = new Int32Array(most).fill(-1);
  const lengths = new Int32Array(pieces.length);
  const fromRoot = new Int32Array(2 * size); // the roots have too many children for a chain
  let nodes = 2;
  for (let id = 0; id < pieces.length; id++) {
    const text = pieces[id]!;
    let at = startOf(text);
    let node = at === 0 ? ROOT : SUFFIX_ROOT;
    for (; at < text.length; at++) {
      const point = text.codePointAt(at)!;
      if (point > 0xffff) at++;
      const symbol = point > 0xffff ? astralCodes.get(point)! : codes[point]!;
      lengths[id]!++;
      let next = node < 2 ? fromRoot[node * size + symbol]! : child[node]!;
      if (node >= 2) while (next !== 0 && code[next] !== symbol) next = sibling[next]!;
      if (next === 0) {
        next = nodes++;
        code[next] = symbol;
        sibling[next] = child[node]!;
        child[node] = next;
        if (node < 2) fromRoot[node * size + symbol] = next;
      }
      node = next;
    }
    piece[node] = id;
  }
  return { nodes, child, sibling, code, piece, lengths };
}

/** Gives every node its place in the double array, breadth first, and its failure link on the way. */
function layOut(tree: Tree, size: number): { cells: Int32Array; emitted: Int32Array } {
  const { nodes, child, sibling, code, piece } = tree;
  let cells = new Int32Array(8 * (nodes + size));
  let used = new Uint8Array(cells.length / 4);
  const queue = new Int32Array(nodes); // nodes in order of depth
  const slots = new Int32Array(nodes); // their places
  const family = new Int32Array(size);
  const emissions = new Emissions();
  slots[SUFFIX_ROOT] = queue[1] = SUFFIX_ROOT;
  used[ROOT] = used[SUFFIX_ROOT] = 1;
  for (const root of [ROOT, SUFFIX_ROOT]) cells.set([0, -2, NO_LINK, NO_PIECES], 4 * root);
  let firstFree = size; // lower places could not be reached by every code
  let firstRoomy = size; // from here on there is room for several children
  let last = 1;
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
      if (member === count) break;
      if (tries > 16) firstRoomy = base + least;
    }
    cells[4 * slot] = base;
    for (let member = 0; member < count; member++) {
      const node = family[member]!;
      const place = base + code[node]!;
      used[place] = 1;
      slots[node] = place;
      cells[4 * place + 1] = slot;
      if (place > last) last = place;
      queue[tail++] = node;
      link(cells, slot, place, code[node]!, piece[node]!, emissions);
    }
    while (used[firstFree] === 1) firstFree++;
  }
  const end = last + 1 + size; // so that base + code never leaves the array
  for (let slot = 0; slot < end; slot++) if (used[slot] !== 1) cells[4 * slot + 1] = -1;
  return { cells: cells.slice(0, 4 * end), emitted: emissions.lists() };
}

/** Algorithm 2 of the paper: where to go on from a node when its characters go no further, and what to emit. */
function link(
  cells: Int32Array,
  parent: number,
  place: number,
  code: number,
  piece: number,
  emissions: Emissions,
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
    emission = emissions.join(emission, cells[4 * via + 3]!);
  cells[4 * place + 2] = cells[4 * state]! + code;
  cells[4 * place + 3] = emission;
}

/** Lists of piece ids, stored once. */
class Emissions {
  readonly #lists: number[] = [];
  readonly #known = new Map<string, number>();

  join(left: number, right: number): number {
    if (right === NO_PIECES) return left;
    if (left === NO_PIECES) return right;
    const ids = [...this.#read(left), ...this.#read(right)];
    const key = ids.join();
    let at = this.#known.get(key);
    if (at === undefined) {
      this.#known.set(key, (at = this.#lists.length));
      this.#lists.push(ids.length, ...ids);
    }
    return -1 - at;
  }

  lists(): Int32Array {
    return Int32Array.from(this.#lists);
  }

  #read(emission: number): number[] {
    if (emission >= 0) return [emission];
    const at = -1 - emission;
    return this.#lists.slice(at + 1, at + 1 + this.#lists[at]!);
  }
}

function enlarge<T extends Int32Array | Uint8Array>(full: T, larger: T): T {
  larger.set(full);
  return larger;
}
