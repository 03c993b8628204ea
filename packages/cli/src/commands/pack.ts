/** `cloze pack`: a tokenizer in its compact form, which starts in a few milliseconds. */
import { readFile, stat } from "node:fs/promises";
import type { Command } from "@commander-js/extra-typings";
import type { Io } from "../io.ts";
import { shared } from "../options.ts";
import { grouped, size } from "../style.ts";

export function addPack(program: Command, io: Io): void {
  program
    .command("pack")
    .description("write a tokenizer in one file that starts at once")
    .argument("[source]", "a model's folder or a vocab.txt (default: the starter model)")
    .requiredOption("-o, --out <file>", "the file to write, such as vocab.cloze")
    .option("--cased", "keep case and accents (of a vocab.txt; a model knows)")
    .option("--check", "write nothing, and see whether the file is still what would be written")
    .addOption(shared.json)
    .addOption(shared.format)
    .addHelpText(
      "after",
      `
The file is read by Tokenizer.fromCompact. vocab.txt stays the source: pack again when it changes.

Examples:
  $ cloze pack models/my-bert --out vocab.cloze
  $ cloze pack vocab.txt --cased --out vocab.cloze
  $ cloze pack models/my-bert --out vocab.cloze --check`,
    )
    .action(async (source, { out, cased, check, json, format }) => {
      const { ClozeError } = await import("@cloze/core");
      const { packTokenizer } = await import("@cloze/core/tokenizer/compact");
      const { checkWritable, writeWhole } = await import("../files.ts");
      const { printOne } = await import("../output.ts");
      const { openTokenizer } = await import("../tokens.ts");
      const isFile = source !== undefined && ((await stat(source).catch(() => undefined))?.isFile() ?? false);
      if (cased && !isFile)
        throw new ClozeError(
          "invalid-option",
          "A model knows whether it is cased: --cased goes with a vocab.txt.",
          {
            field: "cased",
          },
        );
      if (!check) await checkWritable(out, "out");
      const tokenizer = await openTokenizer({
        specials: true,
        cased,
        ...(isFile ? { vocab: source } : { model: source }),
      });
      for (const warning of tokenizer.warnings) await io.stderr.write(`${warning}\n`);
      const bytes = packTokenizer(tokenizer);
      if (check) {
        const there = await readFile(out).catch(() => undefined);
        if (there === undefined)
          throw new ClozeError("not-found", `There is no file ${out}: pack without --check first.`, {
            field: "out",
          });
        if (!there.equals(bytes))
          throw new ClozeError(
            "invalid-model",
            `${out} is of another vocabulary or other settings: pack it again.`,
            {
              field: "out",
            },
          );
      } else await writeWhole(out, bytes);
      const { hash, size: pieces } = tokenizer.vocabulary;
      await printOne(
        { out, pieces, bytes: bytes.length, hash },
        () => `${out}: ${grouped(pieces)} pieces, ${size(bytes.length)}, vocabulary ${hash}`,
        { json, format },
        io,
      );
    });
}
