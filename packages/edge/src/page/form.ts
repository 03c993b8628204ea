/** A form made of a task's fields: which head, one text or a line each, the texts, and examples that fill them in. */
import { element } from "./dom.ts";
import type { Head } from "./heads.ts";
import type { Values } from "./link.ts";
import { textsOf } from "./tasks/task.ts";
import type { Field, Form, Task, Watcher } from "./tasks/task.ts";

export interface FormOptions {
  /** What ids of elements begin with. */
  readonly id: string;
  readonly task: Task;
  /** Which heads may answer; none for a task that needs none. */
  readonly heads: readonly Head[];
  /** Beside those that the heads come with. */
  readonly examples?: readonly Values[];
}

export interface BuiltForm extends Form {
  readonly element: HTMLFormElement;
  readonly cancel: HTMLButtonElement;
  /** Where ways to pass it on have their place. */
  readonly share: HTMLElement;
  /** Sets the fields that are named; the others stay. */
  readonly fill: (values: Values) => void;
  /** Sets them all; those that are not named become empty. */
  readonly restore: (values: Values) => void;
}

type Control = HTMLTextAreaElement | HTMLInputElement | HTMLSelectElement;

export function buildForm({ id, task, heads, examples = [] }: FormOptions): BuiltForm {
  const watchers: Watcher[] = [];
  const form = element("form", { className: "card" });
  const cancel = element("button", { type: "button", className: "quiet", disabled: true }, "Cancel");
  const share = element("span", { className: "share" });
  const chips = element("div", { className: "row chips", role: "group", ariaLabel: "Examples" });
  const built = {
    element: form,
    cancel,
    share,
    values,
    set,
    fill,
    restore,
    watch,
    run: () => form.requestSubmit(),
  };

  if (heads.length > 1) form.append(...headField());
  if (task.each !== undefined) form.append(modeField());
  form.append(...task.fields.filter(({ kind }) => kind !== "flag").flatMap(fieldRow));
  const tool = task.tool?.(built);
  if (tool) form.append(element("div", { className: "tool" }, tool));
  form.append(
    ...task.fields.filter(({ kind }) => kind === "flag").flatMap(fieldRow),
    element("div", { className: "row" }, element("button", { type: "submit" }, task.verb), cancel, share),
    chips,
  );

  form.oninput = () => notify(true);
  watch(({ many }) => form.classList.toggle("many", many === "on"));
  fill(suggestions()[0] ?? {});
  let drawn: string | undefined;
  watch(({ plugin = "" }) => {
    if (plugin !== drawn) chips.replaceChildren(...suggestions().map(chip));
    drawn = plugin;
  });
  return built;

  function values(): Values {
    const ticked = Object.fromEntries(task.fields.map(({ name }) => [name, ""])); // a flag that is not has no entry
    return { ...ticked, ...(Object.fromEntries(new FormData(form)) as Record<string, string>) };
  }

  function set(name: string, value: string): void {
    fill({ [name]: value });
  }

  function fill(filled: Values): void {
    for (const control of form.elements as Iterable<Element> as Iterable<Control>) {
      const value = filled[control.name];
      if (value === undefined) continue;
      if (control instanceof HTMLInputElement && control.type === "radio")
        control.checked = control.value === value;
      else if (control instanceof HTMLInputElement && control.type === "checkbox")
        control.checked = value !== "";
      else if (control instanceof HTMLSelectElement) {
        if (heads.some(({ name }) => name === value)) control.value = value;
      } else control.value = value;
    }
    notify(false);
  }

  function restore(kept: Values): void {
    fill({ ...Object.fromEntries(Object.keys(values()).map((name) => [name, ""])), ...kept });
  }

  function watch(watcher: Watcher): void {
    watchers.push(watcher);
    watcher(values(), false);
  }

  function notify(written: boolean): void {
    for (const watcher of watchers) watcher(values(), written);
  }

  function headField(): HTMLElement[] {
    const options = heads.map(({ name, title = name }) => element("option", { value: name }, title));
    const select = element("select", { id: `${id}-plugin`, name: "plugin" }, ...options);
    return [element("label", { htmlFor: select.id }, "Head"), select];
  }

  function fieldRow({ name, label = name, kind = "text", rows = 1 }: Field): HTMLElement[] {
    const own = { id: `${id}-${name}`, name };
    if (kind === "hidden") return [element("input", { ...own, type: "hidden" })];
    if (kind === "flag")
      return [element("label", { className: "flag" }, element("input", { ...own, type: "checkbox" }), label)];
    const area = element("textarea", { ...own, rows, spellcheck: false, autocomplete: "off" });
    const caption = element("label", { htmlFor: own.id }, label);
    if (name === task.each)
      watch(({ many }) => (caption.textContent = many === "on" ? `${label} (one a line)` : label));
    if (rows === 1)
      area.onkeydown = (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing || values().many) return;
        if (event.ctrlKey || event.metaKey) return; // the page's own key, which would ask twice
        event.preventDefault();
        form.requestSubmit();
      };
    return [caption, area];
  }

  /** The examples of the head that is chosen, and the page's own. */
  function suggestions(): Values[] {
    const { plugin } = values();
    const head = heads.find(({ name }) => name === plugin) ?? heads[0];
    return [...(head?.examples ?? []).map(textsOf), ...examples];
  }

  function chip(example: Values): HTMLElement {
    const caption = task.fields.map(({ name }) => example[name]).find((text) => text);
    const button = element("button", { type: "button", className: "chip" }, caption ?? "Example");
    button.onclick = () => {
      fill({ many: "", masked: "", ...example });
      form.requestSubmit();
    };
    return button;
  }
}

/** One input, or one a line. */
function modeField(): HTMLElement {
  return element(
    "fieldset",
    { className: "switch" },
    element("legend", { className: "unseen" }, "How many"),
    modeRadio("", "One"),
    modeRadio("on", "Many, a line each"),
  );
}

function modeRadio(value: string, caption: string): HTMLElement {
  const radio = element("input", { type: "radio", name: "many", value, defaultChecked: value === "" });
  return element("label", {}, radio, caption);
}
