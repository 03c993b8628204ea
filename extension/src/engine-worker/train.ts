/**
 * Training in the engine: labelled texts become a plugin, measured on those held out. The encoder runs in its session's
 * worker, the head is fitted here, an epoch at a time: between them the engine hears whether to give up.
 */
import { packZip } from "@cloze/runtime/plugin";
import { pluginFiles, trainPlugin } from "@cloze/train";
import type { Predictor, RunOptions } from "@cloze/core";
import { EPOCHS, FITS } from "../engine/epochs.ts";
import type { PluginFile } from "../engine/protocol.ts";
import { readExamples } from "./labelled-file.ts";
import type { Example, LabelledFile } from "./labelled-file.ts";
import type { Opened } from "./open.ts";

/** What a classifier is trained from. */
export interface Training extends LabelledFile {
  /** The text's column and the label's, or two texts' and the label's; the usual ones by default. */
  readonly columns?: readonly string[] | undefined;
  readonly name: string;
  readonly title: string;
}

/** A plugin that was trained, and what it is worth. */
export interface Trained {
  readonly plugin: PluginFile;
  readonly rows: { readonly train: number; readonly dev: number };
  /** How many examples each label has; none of a value. */
  readonly counts: readonly { readonly label: string; readonly count: number }[];
  /** The epoch that was kept, of how many. */
  readonly epoch: number;
  readonly epochs: number;
  readonly milliseconds: number;
  /** Examples held out that it gets wrong, the surest first; of many held out only some are looked at. */
  readonly wrong: readonly WrongExample[];
}

interface WrongExample {
  readonly line: number;
  readonly text: string;
  readonly label: string;
  readonly said: string;
  readonly score: number;
}

const SHARE = 0.2;
/** About so many held-out examples are answered again, to show what is wrong. */
const LOOKED_AT = 200;
const SHOWN = 20;

/**
 * Trains a plugin. Progress: one a row, then one an epoch.
 *
 * @throws ClozeError `invalid-input` with the file's line, `invalid-option`, `invalid-plugin`, `aborted`.
 */
export async function train(
  { bert, info, plugins }: Opened,
  { columns, name, title, ...file }: Training,
  { signal, onProgress }: RunOptions,
): Promise<Trained> {
  const begun = performance.now();
  plugins.expectFree(name, name);
  const { examples, labels } = await readExamples(file, columns);
  const [learned, heldOut] = split(examples);
  const total = examples.length + EPOCHS * FITS;
  let epochs = 0;
  const trained = await trainPlugin(bert, learned, {
    name,
    title,
    encoder: { name: info.model.name, sha256: info.model.sha256 },
    dev: heldOut,
    labels,
    epochs: EPOCHS,
    signal,
    onProgress: ({ done }) => onProgress?.({ done, total }),
    onEpoch: () => onProgress?.({ done: examples.length + ++epochs, total }),
  });
  const bytes = packZip(await pluginFiles(trained));
  const plugin = await plugins.check(bytes, name);
  const { rows, epoch } = trained;
  const milliseconds = performance.now() - begun;
  const counts = countLabels(examples, labels ?? []);
  const wrong =
    plugin.kind === "sequence" ? await findWrong(await plugins.with(bytes, name), name, heldOut, signal) : [];
  return { plugin, rows, counts, epoch, epochs: trained.epochs.length, milliseconds, wrong };
}

const key = ({ label }: Example) => (typeof label === "number" ? "" : String(label));
const isHeldOut = (nth: number) => Math.floor((nth + 1) * SHARE) > Math.floor(nth * SHARE);

/** Every fifth of each label is held out: the same ones each time. */
function split(examples: readonly Example[]): [Example[], Example[]] {
  const ordered = [...examples].sort((a, b) => (key(a) < key(b) ? -1 : Number(key(a) > key(b))));
  const part = (held: boolean) => ordered.filter((_, nth) => isHeldOut(nth) === held);
  return [part(false), part(true)];
}

function countLabels(examples: readonly Example[], labels: readonly string[]): Trained["counts"] {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const one of examples.flatMap(({ label }) => label))
    if (typeof one === "string") counts.set(one, counts.get(one)! + 1);
  return [...counts].map(([label, count]) => ({ label, count }));
}

async function findWrong(
  bert: Predictor,
  name: string,
  examples: readonly Example[],
  signal: RunOptions["signal"],
): Promise<WrongExample[]> {
  const step = Math.ceil(examples.length / LOOKED_AT); // of all labels: they stand in their order
  const some = examples.filter((_, i) => i % step === 0);
  const answers = await bert.classify(some, { plugin: name, top: 1, signal });
  return some
    .flatMap(({ line, text, label }, i) => {
      const { label: said = "", score = 0 } = answers[i];
      return said === label ? [] : [{ line, text, label: String(label), said, score }];
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, SHOWN);
}
