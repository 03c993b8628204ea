/**
 * All commands.
 */
import type { Command } from "../cloze.ts";
import { classifySelection } from "./classify-selection.ts";
import { runPlugin } from "./run-plugin.ts";
import { copyResults } from "./copy-results.ts";
import { clearResults } from "./clear-results.ts";
import { engineInfo } from "./engine-info.ts";
import { highlightEntities } from "./highlight-entities.ts";
import { openExample } from "./open-example.ts";
import { restartEngine } from "./restart-engine.ts";
import { selfTest } from "./self-test.ts";
import { showLog } from "./show-log.ts";
import { askDocument } from "./ask-document.ts";
import { hideAnswers } from "./hide-answers.ts";
import { findSimilar } from "./find-similar.ts";
import { nextAnswer } from "./next-answer.ts";
import { previousAnswer } from "./previous-answer.ts";
import { showAnswer } from "./show-answer.ts";
import { showTokens } from "./show-tokens.ts";
import { suggestWords } from "./suggest-words.ts";
import { installPlugin } from "./install-plugin.ts";
import { manageModels } from "./manage-models.ts";
import { managePlugins } from "./manage-plugins.ts";
import { trainClassifier } from "./train-classifier.ts";

export const commands: readonly Command[] = [
  askDocument,
  hideAnswers,
  findSimilar,
  nextAnswer,
  previousAnswer,
  showAnswer,
  showTokens,
  suggestWords,
  highlightEntities,
  classifySelection,
  runPlugin,
  copyResults,
  clearResults,
  engineInfo,
  selfTest,
  restartEngine,
  showLog,
  trainClassifier,
  installPlugin,
  managePlugins,
  manageModels,
  openExample,
];
