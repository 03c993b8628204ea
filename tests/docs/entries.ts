/**
 * What the packages export and how it is documented: read from their sources, which are formatted alike, by what
 * stands at the start of a line. What the examples do is left to `run-example.ts`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** The packages that programs import. */
const packages = ["core", "runtime", "server", "edge", "train"];

/** One path that a program may import. */
export interface Entry {
  /** Such as `@cloze/core/tasks`. */
  readonly specifier: string;
  /** Its source, from the root. */
  readonly file: string;
}

/** A name that an entry exports. */
export interface Export {
  readonly specifier: string;
  readonly name: string;
  /** Where it is declared. */
  readonly file: string;
  readonly kind: "function" | "class" | "const" | "interface" | "type";
  /** The comment before its declaration. */
  readonly doc: string | undefined;
}

/** An `@example` of a doc comment. */
export interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  /** Whether it may be run; one that needs a network, or would never end, says `no-run`. */
  readonly runs: boolean;
}

export const entries: readonly Entry[] = packages.flatMap((folder) => {
  const { name, exports } = JSON.parse(read(`packages/${folder}/package.json`)) as {
    name: string;
    exports: Record<string, string | { types: string }>;
  };
  return Object.entries(exports).flatMap(([subpath, target]) =>
    typeof target === "string"
      ? []
      : [
          {
            specifier: name + subpath.slice(1),
            file: `packages/${folder}/${target.types.replace("./dist/", "src/").replace(".d.ts", ".ts")}`,
          },
        ],
  );
});

export function exportsOf({ specifier, file }: Entry): Export[] {
  return [...namesOf(file)].flatMap((name) => {
    const found = declarationOf(file, name);
    return found ? [{ specifier, name, ...found }] : []; // of another package: documented there
  });
}

const declaration = /^export (?:declare )?(?:async )?(function|class|const|interface|type)\*? (\w+)/gm;
const clause = /^(import|export) (?:type )?\{([^}]*)\}(?: from "([^"]+)")?;/gm;

function namesOf(file: string): Set<string> {
  const text = read(file);
  const names = new Set(Array.from(text.matchAll(declaration), ([, , name]) => name));
  for (const [, word, list] of text.matchAll(clause))
    if (word === "export") for (const name of listed(list)) names.add(name);
  for (const [, from] of text.matchAll(/^export \* from "([^"]+)";/gm))
    for (const name of namesOf(path.join(path.dirname(file), from))) names.add(name);
  return names;
}

function listed(list: string): string[] {
  return Array.from(list.matchAll(/(?:type )?(\w+)(?:,|\s*$)/g), ([, name]) => name);
}

function declarationOf(file: string, name: string): Pick<Export, "file" | "kind" | "doc"> | undefined {
  const text = read(file);
  for (const found of text.matchAll(declaration))
    if (found[2] === name) {
      const before = text.slice(0, found.index).trimEnd();
      const doc = before.endsWith("*/") ? before.slice(before.lastIndexOf("/*")) : "";
      const [, kind] = found;
      return { file, kind: kind as Export["kind"], doc: doc.startsWith("/**") ? doc : undefined };
    }
  const from = Array.from(text.matchAll(clause))
    .filter(([, , list]) => listed(list).includes(name))
    .flatMap(([, , , where]) => (where === undefined ? [] : [where]));
  const all = Array.from(text.matchAll(/^export \* from "([^"]+)";/gm), ([, where]) => where);
  for (const where of [...from, ...all]) {
    if (!where.startsWith(".")) return undefined;
    const inner = path.join(path.dirname(file), where);
    const declared = existsSync(path.join(root, inner)) ? declarationOf(inner, name) : undefined;
    if (declared) return declared;
  }
  return undefined;
}

/** Every example in the sources of the packages, of what they keep to themselves too. */
export const examples: readonly Example[] = packages.flatMap((folder) => {
  const src = `packages/${folder}/src`;
  const files = readdirSync(path.join(root, src), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts") && !/\.(?:test|generated)\.ts$/.test(file))
    .sort()
    .flatMap((file) => examplesIn(`${src}/${file}`));
});

function examplesIn(file: string): Example[] {
  const text = read(file);
  return Array.from(text.matchAll(/\/\*\*(.*?)\*\//gs)).flatMap(({ 1: doc, index }) =>
    Array.from(doc.matchAll(/@example( no-run)?\n(.*?)(?=\n *\* @|$)/gs), (found) => ({
      file,
      line: text.slice(0, index + found.index).split("\n").length,
      code: found[2].replace(/^ *\* ?/gm, "").trimEnd(),
      runs: found[1] === undefined,
    })),
  );
}
