/**
 * How people meet a plugin, by its task: what is asked of them beside the texts, and how an answer reads. A task more is
 * an entry more.
 */
import type { Answer, Choice, Classification, Filled, NextSentence, Tagging } from "@cloze/core";
import * as vscode from "vscode";
import type { Span } from "../text/sentences.ts";

/** An answer as it is shown: in the Results view, behind the text, on the clipboard. */
export interface Reading {
  readonly label: string;
  /** A share of 1. */
  readonly score?: number;
  readonly details: readonly Detail[];
}

/** A line under an answer. */
interface Detail {
  readonly label: string;
  readonly score?: number;
  readonly description?: string;
  /** Where it is in the text. */
  readonly span?: Span;
}

export interface Face {
  /** What such plugins are, as a heading. */
  readonly title: string;
  /** A codicon's name. */
  readonly icon: string;
  /** Whether a long selection is many texts, a line each. */
  readonly byLine: boolean;
  /**
   * Makes of texts what the task takes, and asks for what they do not say.
   *
   * @returns `undefined` where the question was given up.
   */
  inputs(texts: readonly string[], plugin: string): Promise<readonly object[] | undefined>;
  read(answer: never): Reading;
}

/** Probabilities that are told of a blank or a question. */
const FEW = 5;

const { t } = vscode.l10n;
const textAlone = async (texts: readonly string[]) => texts.map((text) => ({ text }));

/** By task. What a plugin of code gives is its own matter: `code`. */
export const faces: Readonly<Record<string, Face>> = {
  classify: {
    title: t("Labels"),
    icon: "tag",
    byLine: true,
    inputs: textAlone,
    read: ({ label, score, scores, value }: Classification) =>
      label === undefined
        ? { label: value.toFixed(3), details: [] }
        : { label, score, details: ranked(Object.entries(scores)) },
  },
  tag: {
    title: t("Names in a text"),
    icon: "symbol-color",
    byLine: false,
    inputs: textAlone,
    read: ({ entities }: Tagging) => ({
      label: entities.map(({ text }) => text).join(", ") || t("Nothing found"),
      details: entities.map(({ text, label, score, start, end }) => ({
        label: text,
        description: label,
        score,
        span: { start, end },
      })),
    }),
  },
  ask: {
    title: t("Answers from a text"),
    icon: "question",
    byLine: false,
    inputs: (texts, plugin) =>
      withWritten(t("A question about the text"), plugin, (question) =>
        texts.map((context) => ({ question, context })),
      ),
    read: ({ answer, answers }: Answer) => ({
      label: answer || t("No answer here"),
      details: answers.slice(0, FEW).map(({ text, probability, start, end }) => ({
        label: text,
        score: probability,
        span: { start, end },
      })),
    }),
  },
  fill: {
    title: t("Words for [MASK]"),
    icon: "edit",
    byLine: true,
    inputs: textAlone,
    read: ({ masks }: Filled) => ({
      label: masks.map(({ predictions }) => predictions[0].token).join(", "),
      details: masks.flatMap(({ predictions, start, end }) =>
        predictions.slice(0, FEW).map(({ token, score }) => ({ label: token, score, span: { start, end } })),
      ),
    }),
  },
  choose: {
    title: t("Choices"),
    icon: "list-selection",
    byLine: false,
    inputs: (texts, plugin) =>
      withWritten(t("What to choose from, with | between"), plugin, (written) => {
        const choices = written.split("|").map((choice) => choice.trim());
        return texts.map((context) => ({ context, choices }));
      }),
    read: ({ choice, scores }: Choice) => ({
      label: t("Choice {0}", choice + 1),
      score: scores[choice],
      details: scores.map((score, i) => ({ label: t("Choice {0}", i + 1), score })),
    }),
  },
  next: {
    title: t("Whether a text follows"),
    icon: "arrow-right",
    byLine: false,
    inputs: (texts, plugin) =>
      withWritten(t("The text that may follow"), plugin, (pair) => texts.map((text) => ({ text, pair }))),
    read: ({ isNext }: NextSentence) => ({
      label: isNext < 0.5 ? t("It does not follow") : t("It follows"),
      score: isNext,
      details: [],
    }),
  },
  code: {
    title: t("Of other extensions"),
    icon: "extensions",
    byLine: true,
    inputs: textAlone,
    read(answer: Readonly<Record<string, unknown>>) {
      const details = Object.entries(answer).map(([label, value]) => ({
        label,
        description: plain(value),
      }));
      const label = details.map(({ description }) => description).join(", ");
      return { label, details: details.length > 1 ? details : [] };
    },
  },
};

function ranked(scores: readonly (readonly [string, number])[]): Detail[] {
  return [...scores].sort(([, a], [, b]) => b - a).map(([label, score]) => ({ label, score }));
}

async function withWritten(
  prompt: string,
  title: string,
  inputs: (written: string) => readonly object[],
): Promise<readonly object[] | undefined> {
  const given = await vscode.window.showInputBox({
    title,
    prompt,
    validateInput: (value) => (value.trim() === "" ? t("Write something.") : undefined),
  });
  return given === undefined ? undefined : inputs(given.trim());
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
