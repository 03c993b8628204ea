/**
 * VS Code's window, used as a person uses it: by keys, the command palette, rows, buttons, and what can be read on the
 * page. What cannot be read there (an editor draws only the lines in sight) is asked of the `vscode` API by `run`.
 */
import path from "node:path";
import type { Browser, Frame, Locator } from "playwright-core";
import type { Editor } from "./editor.ts";
import { newPage, Window } from "./window.ts";
import type { WindowOptions } from "./window.ts";

/** A row of a quick pick. */
export interface Row {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** Places as a person counts them: lines and columns from 1. `[line, column]`, or from one to another. */
export type Selection = readonly [number, number] | readonly [number, number, number, number];

/** The active group of editors: there may be some beside one another. */
const group = ".editor-group-container.active";

export class Workbench extends Window {
  /**
   * Opens a window of the editor, and waits for the extension hosts.
   *
   * @example
   * await using workbench = await Workbench.open(browser, editor);
   * await workbench.open("a.txt");
   * await workbench.palette("Cloze: Classify Selection");
   */
  static async open(browser: Browser, editor: Editor, options: WindowOptions = {}): Promise<Workbench> {
    const workbench = new Workbench(await newPage(browser, editor, options), editor);
    await workbench.begin();
    return workbench;
  }

  // The palette, quick picks and inputs

  /**
   * Runs a command by its whole label, such as "Cloze: Classify Selection". The open palette does not take up commands
   * that are registered after it was filled, so it is opened again until the row is there.
   */
  async palette(label: string): Promise<void> {
    const row = this.#row(label);
    for (let attempt = 0; ; attempt++) {
      await this.page.keyboard.press("F1");
      await this.type(`>${label}`);
      try {
        await row.waitFor({ timeout: 3000 });
        break;
      } catch (error) {
        if (attempt === 5) throw error;
        await this.dismiss();
      }
    }
    await this.#choose(row);
  }

  /** The open quick pick or input box. */
  get quickInput(): Locator {
    return this.page.locator(".quick-input-widget:visible");
  }

  #rows(): Locator {
    return this.quickInput.locator(".quick-input-list .monaco-list-row");
  }

  /** Writes into the open quick pick or input box, in place of what is there. */
  async type(text: string): Promise<void> {
    await this.quickInput.locator(".quick-input-filter input[type=text]").fill(text);
  }

  /** Enter in the open quick pick or input box. */
  async accept(): Promise<void> {
    await this.quickInput.locator(".quick-input-filter input[type=text]").press("Enter");
  }

  /** Escape in the open quick pick or input box; waits until it is gone. */
  async dismiss(): Promise<void> {
    await this.page.keyboard.press("Escape");
    await this.quickInput.waitFor({ state: "hidden" });
  }

  #row(label: string | RegExp): Locator {
    const hasText = typeof label === "string" ? whole(label) : label;
    return this.#rows()
      .filter({ has: this.page.locator(".label-name", { hasText }) })
      .first();
  }

  /** Clicks a row and waits until it is gone: what is read then is what comes after, not the same pick. */
  async #choose(row: Locator): Promise<void> {
    await row.click();
    await row.waitFor({ state: "hidden" });
  }

  /** Chooses the row of this label in the open quick pick, once it is there; waits until the pick is gone. */
  pick(label: string | RegExp): Promise<void> {
    return this.#choose(this.#row(label));
  }

  /** Checks or unchecks the row of this label in an open quick pick of several; `accept` ends it. */
  check(label: string | RegExp): Promise<void> {
    return this.#row(label).click();
  }

  /** The rows of the open quick pick that are in sight, once there are some. */
  async quickPickRows(): Promise<Row[]> {
    await this.#rows().first().waitFor();
    return this.#rows().evaluateAll((rows) =>
      rows
        .toSorted((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map((row) => {
          const [label, description, detail] = [
            ".label-name",
            ".label-description",
            ".quick-input-list-label-meta",
          ].map((part) => (row.querySelector(part)?.textContent ?? "").replaceAll("\u00A0", " ").trim());
          return { label, description, detail };
        }),
    );
  }

  /** The row that the keys are on. */
  async activeRow(): Promise<string> {
    const row = this.quickInput.locator(".quick-input-list .monaco-list-row.focused .label-name");
    return plain(await row.innerText());
  }

  /** What the open quick input says below its box: a prompt, or what is wrong with what was written. */
  async quickInputMessage(): Promise<string> {
    return plain(await this.quickInput.locator(".quick-input-message").innerText());
  }

  // Messages, dialogs, the status bar

  #toasts(text: string | RegExp = ""): Locator {
    return this.page.locator(".notifications-toasts .notification-list-item").filter({ hasText: text });
  }

  /** The whole text of the first message that has this text, once it is there. */
  async toast(text: string | RegExp, timeout = 60_000): Promise<string> {
    const toast = this.#toasts(text).first();
    await toast.waitFor({ timeout });
    return plain(await toast.locator(".notification-list-item-message").innerText());
  }

  /** The texts of the messages that are there now. */
  async toasts(): Promise<string[]> {
    const texts = await this.#toasts().locator(".notification-list-item-message").allInnerTexts();
    return texts.map(plain);
  }

  /** Presses a button of a message, such as "Cancel" of a progress. */
  async pressToast(text: string | RegExp, button: string): Promise<void> {
    const toast = this.#toasts(text).first();
    await toast.hover();
    await toast
      .locator(".monaco-button", { hasText: whole(button) })
      .first()
      .click();
  }

  async clearToasts(): Promise<void> {
    await this.command("notifications.clearAll");
    await this.#toasts().first().waitFor({ state: "detached" });
  }

  /** Presses a button of a modal dialog; the dialog's text. */
  async dialog(button: string): Promise<string> {
    const dialog = this.page.locator(".monaco-dialog-box");
    const text = plain(await dialog.locator(".dialog-message-container").innerText());
    await dialog.locator(".monaco-button", { hasText: whole(button) }).click();
    return text;
  }

  /** The extension's status items, or another extension's: what they show and what a screen reader is told. */
  async statusItems(id = this.editor.id): Promise<{ text: string; label: string }[]> {
    const items = this.page.locator(`.statusbar-item[id^="${id.toLowerCase()}" i]`);
    return items.evaluateAll((all) =>
      all.map((item) => ({
        text: (item.textContent ?? "").replaceAll("\u00A0", " ").trim(),
        label:
          item.querySelector(".statusbar-item-label")?.getAttribute("aria-label") ??
          item.getAttribute("aria-label") ??
          "",
      })),
    );
  }

  /** Clicks the extension's status item that has this text. */
  async pressStatusItem(text: string | RegExp): Promise<void> {
    const items = this.page.locator(`.statusbar-item[id^="${this.editor.id.toLowerCase()}" i]`);
    await items.filter({ hasText: text }).locator(".statusbar-item-label").first().click();
  }

  // Documents

  /** Opens a file of the workspace and puts the keys on it. */
  async open(file: string): Promise<void> {
    await this.run(async (vscode, name) => {
      const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0].uri, name);
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
    }, file);
    const name = path.posix.basename(file);
    await this.page.locator(`${group} .tab.active`, { hasText: name }).waitFor();
    await this.focusEditor();
  }

  /** Puts the keys on the active editor. */
  async focusEditor(): Promise<void> {
    await this.command("workbench.action.focusActiveEditorGroup");
    await this.page.locator(`${group} .monaco-editor.focused .view-lines`).waitFor();
  }

  async selectAll(): Promise<void> {
    await this.focusEditor();
    await this.page.keyboard.press("ControlOrMeta+A");
  }

  /** Selects, or puts cursors, in the active editor: `select([1, 1, 1, 5])`, `select([1, 1], [2, 1])`. */
  async select(...selections: readonly Selection[]): Promise<void> {
    await this.focusEditor();
    await this.run(async (vscode, all) => {
      const editor = vscode.window.activeTextEditor!;
      editor.selections = all.map(
        ([line, column, toLine = line, toColumn = column]) =>
          new vscode.Selection(line - 1, column - 1, toLine - 1, toColumn - 1),
      );
      editor.revealRange(editor.selection);
      await vscode.commands.executeCommand("setContext", "clozeTests.selected", true); // answered when the window has both
    }, selections);
  }

  /** Selects whole lines, both counted from 1, without the last one's end. */
  async selectLines(from: number, to = from): Promise<void> {
    await this.select([from, 1, to, 100_000]);
  }

  /** Finds a text in the active editor and selects it where it stands first. */
  async selectText(text: string): Promise<void> {
    await this.focusEditor();
    await this.run(async (vscode, wanted) => {
      const editor = vscode.window.activeTextEditor!;
      const from = editor.document.getText().indexOf(wanted);
      if (from < 0) throw new Error(`The document has no ${wanted}.`);
      const [start, end] = [from, from + wanted.length].map((offset) => editor.document.positionAt(offset));
      editor.selection = new vscode.Selection(start, end);
      editor.revealRange(editor.selection);
      await vscode.commands.executeCommand("setContext", "clozeTests.selected", true);
    }, text);
  }

  /** The text of the active editor's document. */
  text(): Promise<string> {
    return this.run((vscode) => vscode.window.activeTextEditor!.document.getText());
  }

  /** The texts that are selected in the active editor. */
  selected(): Promise<string[]> {
    return this.run((vscode) => {
      const { document, selections } = vscode.window.activeTextEditor!;
      return selections.map((selection) => document.getText(selection));
    });
  }

  clipboard(): Promise<string> {
    return this.run((vscode) => vscode.env.clipboard.readText());
  }

  /** What decorations write before and after the text in sight, from top to bottom. */
  async decorationTexts(): Promise<string[]> {
    const lines = this.page.locator(`${group} .view-lines`).first();
    return lines.evaluate((all) => {
      const texts = Array.from(all.querySelectorAll("span[class*='ced-']"), (span) => {
        const { top, left } = span.getBoundingClientRect();
        const contents = ["::before", "::after"].map((part) => getComputedStyle(span, part).content);
        return contents.map((content) => ({ content, top, left }));
      });
      return texts
        .flat()
        .filter(({ content }) => content.startsWith('"'))
        .sort((a, b) => a.top - b.top || a.left - b.left)
        .map(({ content }) => content.slice(1, -1).replace(/\\(.)/g, "$1").replaceAll("\u00A0", " "));
    });
  }

  /** The places in sight that decorations draw over, behind or round: one a line and decoration. */
  get marks(): Locator {
    return this.page.locator(`${group} .view-overlays [class*='ced-']`);
  }

  /** What a hover says where the cursor is. */
  async hover(): Promise<string> {
    await this.focusEditor();
    await this.command("editor.action.showHover");
    const hover = this.page.locator(".monaco-hover:visible .hover-contents").first();
    return plain(await hover.innerText());
  }

  /** Chooses from the light bulb's menu where the cursor is. */
  async lightBulb(label: string): Promise<void> {
    await this.focusEditor();
    await this.page.keyboard.press("ControlOrMeta+.");
    await this.page.locator(".action-widget .monaco-list-row", { hasText: label }).first().click();
  }

  /** Chooses from the menu that a right click on the first selected place opens. */
  async contextMenu(label: string): Promise<void> {
    await this.page
      .locator(`${group} .cursors-layer .cursor`)
      .first()
      .click({ button: "right", force: true });
    await this.page
      .locator(".monaco-menu .action-item", { hasText: whole(label) })
      .first()
      .click();
  }

  // Views

  /** The rows in sight of a tree view, by its title. */
  async treeRows(title: string): Promise<string[]> {
    const rows = this.pane(title).locator(".monaco-list-row");
    await rows.first().waitFor();
    return (await rows.allInnerTexts()).map(plain);
  }

  /** A view in a sidebar or the panel, by its title. */
  pane(title: string): Locator {
    return this.page.locator(".pane").filter({
      has: this.page.locator(".pane-header .title", { hasText: whole(title) }),
    });
  }

  /** Clicks a row of a view, by its place or what is in it, once it has come to rest: what comes above it moves it. */
  async clickRow(title: string, which: number | string): Promise<void> {
    const rows = this.pane(title).locator(".monaco-list-row");
    const row = typeof which === "number" ? rows.nth(which) : rows.filter({ hasText: which }).first();
    for (let before: number | undefined; ;) {
      const now = (await row.boundingBox())?.y;
      if (now !== undefined && now === before) break;
      before = now;
      await this.page.waitForTimeout(300);
    }
    await row.click();
  }

  /** The webview that has this text in it, once there is one. */
  async webview(text: string | RegExp, timeout = 30_000): Promise<Frame> {
    for (const end = Date.now() + timeout; ;) {
      for (const frame of this.page.frames()) {
        const found = frame !== this.page.mainFrame() && frame.getByText(text).first();
        if (found && (await found.isVisible().catch(() => false))) return frame;
      }
      if (Date.now() > end) throw new Error(`No webview has the text ${text}.`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** The whole of a text, and no more. */
function whole(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&")}\\s*$`);
}

/** A text as it reads: VS Code writes spaces that do not break. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
