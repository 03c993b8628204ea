/**
 * The plugins of the model that runs: the model's own, and those that were installed, which come and go while it runs.
 * A head is put on what the session gives, so a change is a new predictor over the same session. Where files are kept is
 * the host's matter.
 */
import { AttachedSession, checkPlugin, ClozeError, findHead, Predictor } from "@cloze/core";
import type { HeadWeights, Plugin } from "@cloze/core";
import { openZip, packZip, readPlugin, sha256 } from "@cloze/runtime/plugin";
import type { PluginFile, PluginSummary, TaskName } from "../engine/protocol.ts";

/** What is asked of a strangers' file before it is unpacked: the limits that servers have. */
const LIMITS = { bytes: 2 ** 24, entries: 64 };
const FILE_BYTES = 2 ** 23;

/** The task that serves a head, by the class that the head is in transformers. */
const taskOfHead: Readonly<Record<string, TaskName>> = {
  BertForSequenceClassification: "classify",
  BertForTokenClassification: "tag",
  BertForQuestionAnswering: "ask",
  BertForMaskedLM: "fill",
  BertForMultipleChoice: "choose",
  BertForNextSentencePrediction: "next",
};

export class PluginSet {
  readonly #model: Predictor;
  readonly #encoder: string;
  #heads: ReadonlyMap<string, HeadWeights> = new Map();
  #bert: Predictor;
  #last = Promise.resolve();

  /**
   * @param model The model with the plugins that are its own.
   * @param encoder The SHA-256 of its weights.
   */
  constructor(model: Predictor, encoder: string) {
    this.#model = this.#bert = model;
    this.#encoder = encoder;
  }

  /** The model with all plugins. */
  get bert(): Predictor {
    return this.#bert;
  }

  get summaries(): PluginSummary[] {
    return this.#bert.plugins.map(summarize);
  }

  /**
   * Looks at all of a plugin, and keeps nothing.
   *
   * @param file A `.cloze` file, or a folder's files by name.
   * @returns The plugin as one file, and what is told of it.
   * @throws ClozeError `invalid-plugin`, `encoder-mismatch`, `not-found`.
   */
  async check(file: Uint8Array<ArrayBuffer> | PluginFiles, place: string): Promise<PluginFile> {
    const bytes = file instanceof Uint8Array ? file : packZip(new Map(Object.entries(file)));
    const { head, card } = await this.#read(bytes, place);
    const { plugin } = head;
    this.expectFree(plugin.name, place);
    checkPlugin(plugin);
    void new AttachedSession(this.#model.session, this.#model.config, head); // refuses weights that do not fit
    return {
      ...summarize(plugin),
      kind: plugin.kind,
      ...(plugin.encoder && { encoder: plugin.encoder }),
      card,
      size: bytes.length,
      sha256: await sha256(bytes),
      bytes,
    };
  }

  /** @throws ClozeError `invalid-plugin` for a name that a plugin of the model itself has. */
  expectFree(name: string, place: string): void {
    if (!this.#model.plugins.some((plugin) => plugin.name === name)) return;
    throw new ClozeError(
      "invalid-plugin",
      `${place} would be called ${name}, as a plugin of the model itself is: give it another name.`,
    );
  }

  /** The model with one plugin more, or in the place of one that has its name; nothing is kept. */
  async with(bytes: Uint8Array<ArrayBuffer>, place: string): Promise<Predictor> {
    const { head } = await this.#read(bytes, place);
    return this.#put(new Map([...this.#heads, [head.plugin.name, head]]));
  }

  /** Adds a plugin, in the place of one that has its name. */
  async add(bytes: Uint8Array<ArrayBuffer>, place: string): Promise<void> {
    const { head } = await this.#read(bytes, place);
    await this.#change((heads) => heads.set(head.plugin.name, head));
  }

  async remove(name: string): Promise<void> {
    await this.#change((heads) => heads.delete(name));
  }

  /** One change after another: each begins with what the last one left. */
  #change(edit: (heads: Map<string, HeadWeights>) => unknown): Promise<void> {
    const change = this.#last.then(() => this.#apply(edit));
    this.#last = change.catch(() => {}); // whoever asked for it hears
    return change;
  }

  async #apply(edit: (heads: Map<string, HeadWeights>) => unknown): Promise<void> {
    const heads = new Map(this.#heads);
    edit(heads);
    this.#bert = await this.#put(heads);
    this.#heads = heads;
  }

  async #put(heads: ReadonlyMap<string, HeadWeights>): Promise<Predictor> {
    const { tokenizer, config, session, plugins } = this.#model;
    const bert = new Predictor({ tokenizer, config, session, plugins });
    for (const head of heads.values()) await bert.plugin(head);
    return bert;
  }

  async #read(
    bytes: Uint8Array<ArrayBuffer>,
    place: string,
  ): Promise<{ readonly head: HeadWeights; readonly card: string }> {
    if (bytes.length > FILE_BYTES)
      throw new ClozeError(
        "invalid-plugin",
        `${place} has ${bytes.length} bytes, and a plugin's file may have ${FILE_BYTES}: make its head smaller.`,
      );
    const files = await openZip(bytes, place, LIMITS);
    const head = await readPlugin(files);
    const { plugin, weights } = head;
    if (plugin.encoder && plugin.encoder.sha256 !== this.#encoder)
      throw new ClozeError(
        "encoder-mismatch",
        `${place} was made for the model ${plugin.encoder.name}, and another one is in use: choose that model in ` +
          "Cloze: Manage Models…, or train the plugin again with this one.",
      );
    for (const [name, { data }] of weights)
      if (!data.every(Number.isFinite))
        throw new ClozeError(
          "invalid-plugin",
          `${place} has a number in its ${name} that is not finite: make the plugin again.`,
        );
    const { files: names } = await files.list();
    const card = names.has("README.md") ? new TextDecoder().decode(await files.read("README.md")) : "";
    return { head, card };
  }
}

/** The files of a plugin's folder, by name. */
export type PluginFiles = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

function summarize(plugin: Plugin): PluginSummary {
  const { name, title, version, labels, metrics, examples, kind } = plugin;
  return {
    name,
    title,
    version,
    labels,
    metrics,
    examples,
    task: taskOfHead[findHead(kind).architectures[0]],
  };
}
