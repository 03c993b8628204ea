/**
 * The vocabulary as an automaton: a trie in a double array (Aoe, 1989) with the failure links of LinMaxMatch
 * (Song et al., "Fast WordPiece Tokenization", 2021). A walk reads each character of a word once and finds what
 * greedy longest-match-first finds. It holds the pieces themselves too, and is read in place from the compact form.
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

/** Characters by their codes: in order of appearance, which in BERT's vocabularies puts the alphabets first. */
export interface Alphabet {
  readonly codes: Uint16Array;
  readonly astralCodes: ReadonlyMap<number, number>;
}

export interface Trie extends Alphabet {
  /** Two numbers a state: base (the child by a code is at base + code) and the state that it is a child of. */
  readonly steps: Int32Array;
  /** Two numbers a state: failure link, and the pieces on it: an id, NO_PIECES, or -1 - an index of `emitted`. */
  readonly exits: Int32Array;
  /** Lists of ids, each after its count. */
  readonly emitted: Int32Array;
  /** The characters of each piece, without its prefix. */
  readonly lengths: Int32Array;
}

/** A piece with this prefix continues a word. */
export const PREFIX = "##";

/**
 * @param pieces A piece's index is its id.
 * @throws {ClozeError} `invalid-vocabulary` for an empty piece or one that is there twice, `unsupported` for too many
 * different characters.
 */
export function buildTrie(pieces: readonly string[]): Trie {
  const tree = plantTree(pieces);
  const { slots, steps } = place(tree);
  const { exits, emitted } = link(tree, slots, steps);
  return { codes: tree.codes, astralCodes: tree.astralCodes, steps, exits, emitted, lengths: tree.lengths };
}

/** The id of a piece, `undefined` if it is none. */
export function findPiece({ codes, astralCodes, steps, exits }: Trie, piece: string): number | undefined {
  const start = startOf(piece);
  let state = start === 0 ? ROOT : SUFFIX_ROOT;
  for (let at = start; at < piece.length; at++) {
    const point = piece.codePointAt(at)!;
    if (point > 0xffff) at++;
    const code = point > 0xffff ? (astralCodes.get(point) ?? UNKNOWN_CODE) : codes[point];
    const next = steps[2 * state] + code;
    if (code === UNKNOWN_CODE || steps[2 * next + 1] !== state) return undefined;
    state = next;
  }
  return exits[2 * state] === SUFFIX_ROOT ? exits[2 * state + 1] : undefined; // only a piece's end links there
}

/** All pieces in the order of their ids. */
export function listPieces({ codes, astralCodes, steps, exits, lengths }: Trie): string[] {
  const characters: string[] = [];
  for (const [point, code] of codes.entries())
    if (code !== UNKNOWN_CODE) characters[code] = String.fromCharCode(point);
  for (const [point, code] of astralCodes) characters[code] = String.fromCodePoint(point);
  const pieces = new Array<string>(lengths.length);
  for (let end = 0; end < exits.length; end += 2) {
    if (exits[end] !== SUFFIX_ROOT) continue;
    let piece = "";
    let state = end / 2;
    while (state > SUFFIX_ROOT) {
      const parent = steps[2 * state + 1];
      piece = characters[state - steps[2 * parent]] + piece;
      state = parent;
    }
    pieces[exits[end + 1]] = state === ROOT ? piece : PREFIX + piece;
  }
  return pieces;
}

/** Where the characters of a piece begin: after its prefix, if it has one and more. */
function startOf(piece: string): number {
  return piece.length > PREFIX.length && piece.startsWith(PREFIX) ? PREFIX.length : 0;
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
    const text = pieces[id];
    const start = startOf(text);
    let node = start === 0 ? ROOT : SUFFIX_ROOT;
    let length = 0;
    for (let at = start; at < text.length; at++) {
      const point = text.codePointAt(at)!;
      if (point > 0xffff) at++;
      let symbol = point > 0xffff ? (astralCodes.get(point) ?? UNKNOWN_CODE) : codes[point];
      if (symbol === UNKNOWN_CODE) {
        if (size > 0xffff) throw new ClozeError("unsupported", TOO_MANY_CHARACTERS);
        symbol = size++;
        if (point > 0xffff) astralCodes.set(point, symbol);
        else codes[point] = symbol;
      }
      const root = node <= SUFFIX_ROOT ? 4 * symbol + node : -1;
      let next = root < 0 ? child[node] : fromRoot[root];
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
    if (length === 0 || piece[node] >= 0) refuse(text, id, piece[node]);
    piece[node] = id;
    lengths[id] = length;
  }
  return { codes, astralCodes, size, nodes, child, sibling, code, piece, lengths };
}

function refuse(piece: string, id: number, first: number): never {
  throw new ClozeError(
    "invalid-vocabulary",
    piece === ""
      ? `Line ${id + 1} of the vocabulary is empty: remove it.`
      : `The vocabulary has "${piece}" twice, on lines ${first + 1} and ${id + 1}: keep one.`,
  );
}

/**
 * Gives every node its place in the double array, depth first: the states of a long piece lie side by side, and a
 * walk along them stays in the processor's cache.
 */
function place({ nodes, size, child, sibling, code }: Tree): { slots: Int32Array; steps: Int32Array } {
  let steps = new Int32Array(2 * (nodes + (nodes >> 3) + 3 * size)); // seldom too few: most cells get used
  let used = new Uint8Array(steps.length / 2);
  const slots = new Int32Array(nodes);
  const waiting = new Int32Array(nodes);
  const family = new Int32Array(size);
  slots[ROOT] = waiting[0] = ROOT;
  slots[SUFFIX_ROOT] = waiting[1] = SUFFIX_ROOT;
  let firstFree = size; // lower places could not be reached by every code
  let firstRoomy = size; // from here on there is room for several children
  let last = size;
  for (let top = 2; top > 0;) {
    const parent = waiting[--top];
    let count = 0;
    let least = size;
    for (let node = child[parent]; node !== 0; node = sibling[node]) {
      family[count++] = node;
      if (code[node] < least) least = code[node];
    }
    if (count === 0) continue;
    let base = (count === 1 ? firstFree : firstRoomy) - least;
    for (let tries = 0; ; base++, tries++) {
      if (used[base + least] === 1) continue;
      if (base + 2 * size >= used.length) {
        steps = enlarge(steps, new Int32Array(2 * steps.length));
        used = enlarge(used, new Uint8Array(2 * used.length));
      }
      let member = 0;
      while (member < count && used[base + code[family[member]]] === 0) member++;
      if (member === count) {
        if (tries > 8) firstRoomy = base + least;
        break;
      }
    }
    steps[2 * slots[parent]] = base;
    for (let member = 0; member < count; member++) {
      const node = family[member];
      const slot = base + code[node];
      used[slot] = 1;
      if (slot > last) last = slot;
      slots[node] = slot;
      steps[2 * slot + 1] = slots[parent];
      waiting[top++] = node;
    }
    while (used[firstFree] === 1) firstFree++;
  }
  return { slots, steps: steps.subarray(0, 2 * (last + size)) }; // from the last one, too, all codes can be tried
}

/** Gives every state its link and what is emitted along it, breadth first: links lead to states of less depth. */
function link(
  { nodes, child, sibling, code, piece }: Tree,
  slots: Int32Array,
  steps: Int32Array,
): { exits: Int32Array; emitted: Int32Array } {
  const exits = new Int32Array(steps.length);
  const emitted: number[] = [];
  const queue = new Int32Array(nodes);
  queue[0] = ROOT;
  queue[1] = SUFFIX_ROOT;
  for (const root of [ROOT, SUFFIX_ROOT]) {
    exits[2 * root] = NO_LINK;
    exits[2 * root + 1] = NO_PIECES;
  }
  for (let head = 0, tail = 2; head < tail; head++) {
    const parent = queue[head];
    for (let node = child[parent]; node !== 0; node = sibling[node]) {
      queue[tail++] = node;
      linkOne(steps, exits, emitted, slots[parent], slots[node], code[node], piece[node]);
    }
  }
  return { exits, emitted: Int32Array.from(emitted) };
}

/** Algorithm 2 of the paper: where to go on from a state when its characters go no further, and what to emit. */
function linkOne(
  steps: Int32Array,
  exits: Int32Array,
  emitted: number[],
  parent: number,
  slot: number,
  code: number,
  piece: number,
): void {
  exits[2 * slot] = NO_LINK;
  exits[2 * slot + 1] = NO_PIECES;
  if (piece >= 0) {
    exits[2 * slot] = SUFFIX_ROOT;
    exits[2 * slot + 1] = piece;
    return;
  }
  if (parent === ROOT || parent === SUFFIX_ROOT) return;
  let state = exits[2 * parent];
  while (state !== NO_LINK && steps[2 * (steps[2 * state] + code) + 1] !== state) state = exits[2 * state];
  if (state === NO_LINK) return;
  let emission = exits[2 * parent + 1];
  for (let via = exits[2 * parent]; via !== state; via = exits[2 * via])
    emission = join(emitted, emission, exits[2 * via + 1]);
  exits[2 * slot] = steps[2 * state] + code;
  exits[2 * slot + 1] = emission;
}

/** Joins lists of piece ids; a list of one is its id, a longer one -1 - its place in `lists`. */
function join(lists: number[], left: number, right: number): number {
  if (right === NO_PIECES) return left;
  if (left === NO_PIECES) return right;
  const at = lists.length;
  lists.push(0);
  for (const part of [left, right]) {
    if (part >= 0) lists.push(part);
    else for (let nth = 1; nth <= lists[-1 - part]; nth++) lists.push(lists[nth - 1 - part]);
  }
  lists[at] = lists.length - at - 1;
  return -1 - at;
}

function enlarge<T extends Int32Array | Uint8Array>(full: T, larger: T): T {
  larger.set(full);
  return larger;
}
