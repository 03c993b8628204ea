/**
 * All commands.
 */
import type { Command } from "../cloze.ts";
import { classifySelection } from "./classify-selection.ts";

export const commands: readonly Command[] = [classifySelection];
