/**
 * Writes the folder of a new plugin: labelled texts to begin with, and scripts that train it, try it and put it on a
 * service. What the scripts do is the command line's, `cloze`, matter.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** What the folder is made for. */
export interface NewPlugin {
  /** Of the plugin and of its folder: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Where the folder will be. */
  readonly below: string;
}

/** Something that whoever asked can mend, in a sentence. */
export class Refusal extends Error {}

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const templates = fileURLToPath(new URL("../template/", import.meta.url));
const own = new URL("../package.json", import.meta.url);

/**
 * Makes the folder.
 *
 * @returns Its path.
 * @throws Refusal for a name that cannot be a plugin's, or a folder that is in use.
 */
export async function createPlugin({ name, below }: NewPlugin): Promise<string> {
  if (!NAME.test(name))
    throw new Refusal(
      `${name} cannot be a plugin's name: use 1 to 64 lower-case letters, digits and hyphens.`,
    );
  const folder = path.resolve(below, name);
  if ((await readdir(folder).catch(() => [])).length > 0)
    throw new Refusal(`The folder ${folder} is not empty: choose another name.`);
  const { version } = JSON.parse(await readFile(own, "utf8")) as { version: string };
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(
      path.join(folder, "package.json"),
      `${JSON.stringify(manifest(name, version), null, 2)}\n`,
    );
    await writeFile(path.join(folder, ".gitignore"), "node_modules\nplugin\n"); // npm leaves one out of a package
    for (const file of ["README.md", "train.tsv", "dev.tsv"]) {
      const text = await readFile(path.join(templates, file), "utf8");
      await writeFile(path.join(folder, file), text.replaceAll("{{name}}", name));
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal(`The folder ${folder} cannot be written: ${reason}.`, { cause });
  }
  return folder;
}

function manifest(name: string, version: string): object {
  const clear = `node -e "fs.rmSync('plugin', { recursive: true, force: true })"`;
  return {
    name: `cloze-plugin-${name}`,
    private: true,
    version: "1.0.0",
    scripts: {
      train: `${clear} && cloze finetune --frozen --task classify --train train.tsv --dev dev.tsv --name ${name} --out plugin`,
      try: "cloze classify --plugin plugin",
      deploy: "cloze deploy plugin plugin",
    },
    devDependencies: { cloze: `^${version}` },
  };
}
