/**
 * What is on the page as the fragment of its address, `#ask?question=Who%3F&context=…`, so that a link opens it again.
 * Browsers keep the fragment to themselves: no server sees it.
 */

/** What stands in a form's fields, by their names; what is empty or not ticked is "". */
export type Values = Readonly<Record<string, string>>;

export interface Place {
  readonly tab: string;
  readonly values: Values;
}

/** @returns Undefined for an address that names no tab. */
export function readLink(hash: string): Place | undefined {
  const [, tab, query = ""] = /^#?([a-z-]+)(?:\?(.*))?$/s.exec(hash) ?? [];
  return tab === undefined ? undefined : { tab, values: Object.fromEntries(new URLSearchParams(query)) };
}

export function writeLink({ tab, values }: Place): string {
  const said = Object.entries(values).filter(([, value]) => value !== "");
  return said.length === 0 ? `#${tab}` : `#${tab}?${new URLSearchParams(said)}`;
}

/** The lines of a field that say something. */
export function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== "");
}
