/** `npm create cloze-plugin NAME`: reads the command line, and tells what comes next. */
import path from "node:path";
import { parseArgs } from "node:util";
import { createPlugin, Refusal } from "./create.ts";

const help = `Makes a folder from which a classifier is trained and put on a Cloze service.

  npm create cloze-plugin NAME

NAME is the plugin's and the folder's: lower-case letters, digits and hyphens.`;

try {
  const { values, positionals } = read();
  const [name, ...more] = positionals;
  if (values.help) console.log(help);
  else if (name === undefined || more.length > 0)
    throw new Refusal("Give one name: npm create cloze-plugin NAME.");
  else {
    const folder = await createPlugin({ name, below: process.cwd() });
    console.log(`${folder} is there. What comes next:

  cd ${path.relative(process.cwd(), folder)}
  npm install
  npm run train                        # your texts in train.tsv and dev.tsv, a few seconds
  npm run try -- "Where is my order?"
  npx cloze serve                      # in another window, or use a service that runs
  npm run deploy                       # -- --to https://… for one elsewhere`);
  }
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

function read() {
  const options = { help: { type: "boolean", short: "h" } } as const;
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (cause) {
    const [first] = (cause as Error).message.split(/[.\n]/);
    throw new Refusal(`${first}: see --help.`, { cause });
  }
}
