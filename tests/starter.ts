/** Where the starter's files are, as a program finds them that depends on the package. */
import path from "node:path";
import { fileURLToPath } from "node:url";

export const starter = path.dirname(fileURLToPath(import.meta.resolve("@cloze/starter/model/config.json")));
