/** Elements made in one expression, and the few moves that all parts of the page share. No text ever becomes markup. */

type Child = Node | string;

/** Makes an element; texts among its children stay texts. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A small line beside what matters. */
export function note(...children: readonly Child[]): HTMLElement {
  return element("p", { className: "note" }, ...children);
}

/** An element of the page's own HTML, of the kind that it has there. */
export function find(selector: string): HTMLElement;
export function find<T extends HTMLElement>(selector: string, kind: new () => T): T;
export function find(selector: string, kind = HTMLElement): HTMLElement {
  const found = document.querySelector(selector);
  if (found instanceof kind) return found;
  throw new TypeError(`The page has no ${selector}.`);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

/** As many of them, in words. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/**
 * Makes a row of controls one stop of the Tab key, in which the arrow keys, Home and End move.
 *
 * @param moved Is told which control the keys moved to.
 */
export function rove(
  controls: readonly HTMLElement[],
  current: number,
  moved?: (index: number) => void,
): void {
  for (const [i, control] of controls.entries()) {
    control.tabIndex = i === current ? 0 : -1;
    control.addEventListener("focus", () => {
      for (const other of controls) other.tabIndex = other === control ? 0 : -1;
    });
    control.addEventListener("keydown", (event) => {
      const last = controls.length - 1;
      const to = {
        ArrowLeft: i > 0 ? i - 1 : last,
        ArrowRight: i < last ? i + 1 : 0,
        Home: 0,
        End: last,
      }[event.key];
      if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      controls[to].focus();
      moved?.(to);
    });
  }
}

/** Says something to those who hear the page. */
function announce(text: string): void {
  find("#said").textContent = text;
}

/** A button that copies a text, and says so in its own place. */
export function copyButton(caption: string, text: () => string): HTMLButtonElement {
  const button = element("button", { type: "button", className: "quiet" }, caption);
  button.onclick = async () => {
    const done = await navigator.clipboard?.writeText(text()).then(
      () => true,
      () => false,
    );
    button.style.minWidth = `${button.offsetWidth}px`; // so that nothing beside it moves
    button.textContent = done ? "Copied" : "Not allowed";
    announce(button.textContent);
    setTimeout(() => (button.textContent = caption), 2000);
  };
  return button;
}
