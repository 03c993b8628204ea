/**
 * A document and the entities that were found in it. It is read paragraph by paragraph, what is in sight first; what is
 * edited is read again when the writer rests, and the rest moves along. One question at a time is on its way.
 */
import type { Entity, RunOptions, Tagging } from "@cloze/core";
import { moved, stretched } from "../text/moved.ts";
import type { Change } from "../text/moved.ts";
import type { Span } from "../text/sentences.ts";
import { around, merged, pieces, without } from "./pieces.ts";

/** Units of text that are asked about at once, first and within which bounds: as many as take about the time wished. */
const FIRST = 1500;
const FEWEST = 500;
const MOST = 32_000;
/** Milliseconds. */
const WISHED = 500;

/** How long the writer should rest, in milliseconds. */
const REST = 400;

/** What it reads, and with what. */
export interface TaggedDocumentParts {
  readonly document: { getText(): string };
  tag(texts: readonly string[], run: RunOptions): Promise<readonly Tagging[]>;
  /** Where the part in sight begins, as an offset. */
  inSight(): number;
  /** Hears that entities came or went. */
  changed(): void;
  /** Hears what went wrong in reading what was edited. */
  failed(error: unknown): void;
}

export class TaggedDocument {
  readonly #parts: TaggedDocumentParts;
  readonly #ended = new AbortController();
  #entities: readonly Entity[] = [];
  /** What is still to be read. */
  #pending: readonly Span[] = [];
  /** What was edited, until the writer rests. */
  #edited: readonly Span[] = [];
  /** What is asked about now; of what was edited meanwhile the answer counts no more. */
  #asked: (Span | undefined)[] = [];
  #isPartial = false;
  #reading: Promise<void> | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: TaggedDocumentParts) {
    this.#parts = parts;
    this.#pending = merged([{ start: 0, end: parts.document.getText().length }]);
  }

  /** In the order of the text, as it is now. */
  get entities(): readonly Entity[] {
    return this.#entities;
  }

  /** Whether reading was cancelled before all was read. */
  get isPartial(): boolean {
    return this.#isPartial;
  }

  /** Whether everything was read, and is as it was. */
  get isRead(): boolean {
    return this.#reading === undefined && this.#pending.length === 0 && this.#edited.length === 0;
  }

  /**
   * Reads what is still to be read. A cancelled read leaves the rest unread.
   *
   * @throws Failure of the engine; what was not read is left for the next time.
   */
  read(run: RunOptions = {}): Promise<void> {
    this.#reading ??= this.#readAll(run).finally(() => {
      this.#reading = undefined;
      this.#parts.changed();
    });
    return this.#reading;
  }

  async #readAll(run: RunOptions): Promise<void> {
    const abort = new AbortController();
    const stop = () => abort.abort();
    run.signal?.addEventListener?.("abort", stop);
    this.#ended.signal.addEventListener("abort", stop);
    try {
      for (let limit = FIRST; this.#pending.length > 0;) {
        const begun = Date.now();
        const text = this.#parts.document.getText();
        await this.#ask(text, this.#next(text, limit), abort.signal);
        const change = Math.min(2, WISHED / (Date.now() - begun || 1));
        limit = Math.min(MOST, Math.max(FEWEST, limit * change));
        const left = this.#pending.reduce((sum, { start, end }) => sum + end - start, 0);
        run.onProgress?.({ done: Math.max(0, text.length - left), total: text.length });
      }
    } catch (error) {
      if (abort.signal.aborted) {
        this.#isPartial = this.#pending.length > 0;
        this.#pending = [];
      }
      throw error;
    } finally {
      run.signal?.removeEventListener?.("abort", stop);
      this.#ended.signal.removeEventListener("abort", stop);
    }
  }

  /** The next pieces: from the part in sight on, then from the beginning. */
  #next(text: string, limit: number): Span[] {
    const sight = this.#parts.inSight();
    const span = this.#pending.find(({ end }) => end > sight) ?? this.#pending[0];
    const start =
      span.start < sight && span.end > sight
        ? Math.max(span.start, around(text, { start: sight, end: sight }).start)
        : span.start;
    const chosen: Span[] = [];
    for (const piece of pieces(text, { start, end: span.end })) {
      if (chosen.length > 0 && piece.end - start > limit) break;
      chosen.push(piece);
    }
    return chosen;
  }

  async #ask(text: string, asked: readonly Span[], signal: AbortSignal): Promise<void> {
    for (const piece of asked) this.#pending = without(this.#pending, piece);
    this.#asked = [...asked];
    try {
      const texts = asked.map(({ start, end }) => text.slice(start, end));
      const found = await this.#parts.tag(texts, { signal });
      for (const [i, { entities }] of found.entries()) this.#take(this.#asked[i], entities);
      this.#parts.changed();
    } catch (error) {
      this.#pending = merged([...this.#pending, ...this.#asked.filter((span) => span !== undefined)]);
      throw error;
    } finally {
      this.#asked = [];
    }
  }

  #take(place: Span | undefined, entities: readonly Entity[]): void {
    if (!place) return;
    const before = this.#entities.filter(({ end }) => end <= place.start);
    const behind = this.#entities.filter(({ start }) => start >= place.end);
    const here = entities.map((entity) => ({
      ...entity,
      start: entity.start + place.start,
      end: entity.end + place.start,
    }));
    this.#entities = [...before, ...here, ...behind];
  }

  /** Follows an edit of the document. */
  edit(changes: readonly Change[]): void {
    for (const change of changes) this.#follow(change);
    if (changes.length > 0) this.#readSoon();
  }

  #follow(change: Change): void {
    const count = this.#entities.length;
    this.#entities = this.#entities.flatMap((entity) => {
      const place = moved(entity, [change]);
      return place ? [place.start === entity.start ? entity : { ...entity, ...place }] : [];
    });
    if (this.#entities.length !== count) this.#parts.changed();
    this.#pending = merged(this.#pending.map((span) => stretched(span, change)));
    const { rangeOffset, rangeLength, text } = change;
    const isAll = rangeOffset === 0 && text.length === this.#parts.document.getText().length;
    if (isAll) this.#isPartial = false;
    this.#edited = merged([
      ...this.#edited.map((span) => stretched(span, change)),
      { start: Math.max(0, rangeOffset - 1), end: rangeOffset + text.length + 1 }, // seen even where all was deleted
    ]);
    this.#asked = this.#asked.map((span) => {
      if (!span) return undefined;
      const isReached = rangeOffset <= span.end && rangeOffset + rangeLength >= span.start;
      if (!isReached) return stretched(span, change);
      this.#edited = merged([...this.#edited, stretched(span, change)]);
      return undefined;
    });
  }

  #readSoon(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      const text = this.#parts.document.getText();
      const edited = this.#edited.map(({ start, end }) =>
        around(text, { start: Math.min(start, text.length), end: Math.min(end, text.length) }),
      );
      this.#edited = [];
      this.#pending = merged([...this.#pending, ...edited]);
      if (this.#pending.length === 0) this.#parts.changed();
      else if (!this.#reading) this.read().catch((error: unknown) => this.#parts.failed(error));
    }, REST);
  }

  /** Gives up what is on its way, and follows no more. */
  end(): void {
    clearTimeout(this.#rest);
    this.#ended.abort();
  }
}
