/** Protocol buffers' text format, as Triton's config.pbtxt is written. */

/** A value of an enum, which is written without quotes. */
export interface Word {
  readonly word: string;
}
type Scalar = string | number | boolean | Word;
/** Fields by name, in the order in which they are written; undefined ones are left out. */
export interface Message {
  readonly [field: string]: Scalar | Message | readonly number[] | readonly Message[] | undefined;
}

/**
 * Writes a message.
 *
 * @example
 * toText({ kind: { word: "KIND_GPU" }, gpus: [0, 1] }); // "kind: KIND_GPU\ngpus: [0,1]\n"
 */
export function toText(message: Message): string {
  return `${linesOf(message).join("\n")}\n`;
}

function linesOf(message: Message): string[] {
  return Object.entries(message).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (typeof value !== "object") return [`${name}: ${JSON.stringify(value)}`];
    if ("word" in value) return [`${name}: ${(value as Word).word}`];
    const list: readonly (number | Message)[] = Array.isArray(value) ? value : [value];
    const messages = list.filter((one) => typeof one === "object");
    if (messages.length < list.length) return [`${name}: ${JSON.stringify(list)}`];
    return messages.flatMap((one) => [`${name} {`, ...linesOf(one).map((line) => `  ${line}`), "}"]);
  });
}
