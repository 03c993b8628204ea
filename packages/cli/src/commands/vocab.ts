/** `cloze vocab`: a WordPiece vocabulary from text files. */
import type { Command } from "@commander-js/extra-typings";
import { Option } from "@commander-js/extra-typings";
import type { Io } from "../io.ts";
import { positive, shared, wholeNumber, words } from "../options.ts";
import { grouped } from "../style.ts";

export function addVocab(program: Command, io: Io): void {
  program
    .command("vocab")
    .description("learn a vocabulary of word pieces from text")
    .requiredOption("--corpus <file...>", "UTF-8 texts, files or patterns in quotes; .gz is unpacked")
    .requiredOption("-o, --out <file>", "the vocab.txt to write")
    .option("--size <n>", "pieces in all", positive, 30_522)
    .option("--min-frequency <n>", "how often a pair must occur to become a piece", positive, 2)
    .addOption(
      new Option("--score <score>", "which pair becomes a piece next: the most frequent, or the most telling")
        .choices(["frequency", "likelihood"] as const)
        .default("frequency" as const),
    )
    .option("--cased", "keep case and accents")
    .option("--limit-alphabet <n>", "characters at most, the most frequent ones", positive, 1000)
    .option("--special <pieces>", "the special tokens (default: [PAD],[UNK],[CLS],[SEP],[MASK])", words)
    .option("--unused <n>", "slots [unused0], [unused1] … for later use; BERT has 994", wholeNumber, 0)
    .addOption(
      new Option("--threads <n>", "threads that count (default: one a core, at most 8)").argParser(positive),
    )
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
The same texts and options give the same file, in whatever order and on however many threads.

Examples:
  $ cloze vocab --corpus "texts/**/*.txt.gz" --out vocab.txt
  $ cloze vocab --corpus notes.txt manual.txt --size 8000 --cased --out vocab.txt`,
    )
    .action(async ({ corpus, out, special, json, format, threads, cased, ...rest }) => {
      const { resolveVocabularyOptions, trainVocabulary } = await import("@cloze/train/corpus");
      const { countFiles } = await import("@cloze/train/corpus/files");
      const { checkWritable, findFiles, writeWhole } = await import("../files.ts");
      const { printOne } = await import("../output.ts");
      const { Progress } = await import("../progress.ts");
      const options = { ...rest, specials: special };
      resolveVocabularyOptions(options);
      const files = await findFiles(corpus, "corpus");
      await checkWritable(out, "out");
      const started = performance.now();

      let counting: InstanceType<typeof Progress> | undefined;
      const counts = await countFiles(files, {
        cased,
        threads,
        onProgress: (bytes, total) => {
          counting ??= new Progress(Math.ceil(total / 1e6), "MB counted", io);
          void counting.show(Math.ceil(bytes / 1e6));
        },
      });
      await counting?.end();
      const learning = new Progress(options.size, "pieces", io);
      const { pieces } = trainVocabulary(counts, {
        ...options,
        onProgress: (done) => void learning.show(done),
      });
      await learning.end();
      await writeWhole(out, `${pieces.join("\n")}\n`);

      if (pieces.length < options.size)
        await io.stderr.write(
          `The vocabulary has ${grouped(pieces.length)} pieces instead of ${grouped(options.size)}: ` +
            `no other pair occurs ${options.minFrequency} times.\n`,
        );
      const seconds = (performance.now() - started) / 1000;
      const summary = {
        pieces: pieces.length,
        files: files.length,
        words: counts.total,
        distinctWords: counts.size,
        seconds,
      };
      const text = (): string =>
        `${out}: ${grouped(summary.pieces)} pieces from ${grouped(summary.words)} words ` +
        `(${grouped(summary.distinctWords)} distinct) in ${grouped(summary.files)} ${summary.files === 1 ? "file" : "files"}, ${seconds.toFixed(1)} s`;
      await printOne(summary, text, { json, format }, io);
    });
}
