/**
 * All tasks of fine-tuning.
 */
import type { FinetuneTask } from "../finetune-options.ts";
import { prepareChoose } from "./choose.ts";
import { prepareClassify } from "./classify.ts";
import { prepareRegress } from "./regress.ts";
import { prepareSquad } from "./squad.ts";
import { prepareTag } from "./tag.ts";
import type { PrepareTask } from "./task.ts";

export const tasks: Readonly<Record<FinetuneTask, PrepareTask>> = {
  classify: prepareClassify,
  regress: prepareRegress,
  squad: prepareSquad,
  tag: prepareTag,
  choose: prepareChoose,
};
