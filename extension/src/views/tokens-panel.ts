/**
 * A teaching view: a text as the model reads it. The pieces as boxes, one text a colour, and below them a table with what
 * each piece is to the model and where it stands in the text. A page of its own beside the editor, without scripts.
 */
import type { TextInput } from "@cloze/core";
import * as vscode from "vscode";
import type { Tokenized } from "../engine-worker/tokens.ts";

const KIND = "cloze.tokens";
/** As VS Code's, made safe for the page. */
const t = (text: string, ...given: number[]): string => escape(vscode.l10n.t(text, ...given));

export class TokensPanel implements vscode.Disposable {
  readonly #media: vscode.Uri;
  #panel: vscode.WebviewPanel | undefined;

  constructor(extension: vscode.Uri) {
    this.#media = vscode.Uri.joinPath(extension, "media");
  }

  /** Shows tokens in the place of those before, and leaves the keyboard where it is. */
  show(input: TextInput, tokenized: Tokenized): void {
    const panel = this.#panel ?? this.#open();
    panel.webview.html = page(
      input,
      tokenized,
      panel.webview.cspSource,
      panel.webview.asWebviewUri(vscode.Uri.joinPath(this.#media, "tokens.css")).toString(),
    );
    panel.reveal(undefined, true);
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel(
      KIND,
      vscode.l10n.t("Tokens"),
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableFindWidget: true, localResourceRoots: [this.#media] },
    );
    panel.onDidDispose(() => (this.#panel = undefined));
    this.#panel = panel;
    return panel;
  }
}

function page(input: TextInput, tokenized: Tokenized, source: string, styles: string): string {
  return `<!doctype html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${source}">
<link rel="stylesheet" href="${styles}">
<title>${t("Tokens")}</title>
</head>
<body>
<h1>${t("Tokens")}</h1>
${summary(tokenized)}
${pieces(tokenized)}
${legend(tokenized)}
${table(input, tokenized)}
</body>
</html>`;
}

/** How many there are, and what the model makes of so many. */
function summary({ specials, unknown, total, maxLength, truncated }: Tokenized): string {
  const count = t("{0} tokens, {1} of them special.", total, specials.length);
  const room = truncated
    ? t("The model reads {0} at most: what follows is cut off.", maxLength)
    : t("The model reads up to {0}.", maxLength);
  const lacking = unknown.length > 0 ? `<p>${t("{0} of them unknown", unknown.length)}</p>` : "";
  return `<p><strong>${count}</strong> <span${truncated ? ' class="cut"' : ""}>${room}</span></p>${lacking}`;
}

function pieces(tokenized: Tokenized): string {
  const boxes = tokenized.tokens.map(
    (piece, i) =>
      `<li class="${kindOf(tokenized, i)}"><code>${escape(piece)}</code><small>${tokenized.ids[i]}</small></li>`,
  );
  return `<ol class="pieces" aria-label="${t("Pieces and their ids")}">${boxes.join("")}</ol>`;
}

/** What the marks mean, of those that are there. */
function legend({ segments, tokens, unknown }: Tokenized): string {
  const marks = [
    ["special", "[CLS] [SEP]", t("put round the texts")],
    ["first", "0", t("the first text")],
    ...(segments.includes(1) ? [["second", "1", t("the second text")]] : []),
    ...(tokens.some((piece) => piece.startsWith("##"))
      ? [["first", "##", t("goes on with the word before it")]]
      : []),
    ...(unknown.length > 0 ? [["unknown", "[UNK]", t("the vocabulary has no piece for it")]] : []),
  ];
  const entries = marks.map(
    ([kind, mark, meaning]) => `<div><dt class="${kind}"><code>${mark}</code></dt><dd>${meaning}</dd></div>`,
  );
  return `<dl class="legend">${entries.join("")}</dl>`;
}

function table(input: TextInput, tokenized: Tokenized): string {
  const heads = [t("Place"), t("Piece"), t("Id"), t("Segment"), t("From"), t("To"), t("Text")];
  const rows = tokenized.tokens.map((piece, i) => {
    const kind = kindOf(tokenized, i);
    const segment = tokenized.segments[i];
    const [start, end] = tokenized.offsets[i];
    const text = (segment === 0 ? input.text : (input.pair ?? "")).slice(start, end);
    const place = kind === "special" ? ["", "", ""] : [start, end, `<q>${escape(text)}</q>`];
    const cells = [tokenized.ids[i], segment, ...place].map((cell) => `<td>${cell}</td>`);
    return `<tr><td>${i}</td><th scope="row" class="${kind}"><code>${escape(piece)}</code></th>${cells.join("")}</tr>`;
  });
  return `<table>
<caption>${t("What the model reads: ids and segments, and where each piece stands in its text, in UTF-16 units")}</caption>
<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table>`;
}

/** How a piece is drawn. */
function kindOf({ specials, unknown, segments }: Tokenized, i: number): string {
  if (specials.includes(i)) return "special";
  if (unknown.includes(i)) return "unknown";
  return segments[i] === 0 ? "first" : "second";
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.codePointAt(0)};`);
}
