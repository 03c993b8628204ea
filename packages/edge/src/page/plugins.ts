/** All heads that the service has, those too that were installed while it runs: what each is, and a form to try it. */
import { buildBench } from "./bench.ts";
import type { Card, Host } from "./bench.ts";
import { element, note } from "./dom.ts";
import { Failure } from "./engine.ts";
import type { Json } from "./engine.ts";
import { taskOf } from "./heads.ts";
import type { Head } from "./heads.ts";
import { request } from "./http.ts";
import type { Values } from "./link.ts";

/** @param known The heads that the page came with, shown until the service has told of its own. */
export function buildPlugins(known: readonly Head[], host: Host): Card & { refresh(): Promise<void> } {
  let heads = known;
  let wanted: Values | undefined; // of a plugin that the service may tell of later
  let chosen: { readonly head: Head; readonly card: Card } | undefined;
  const list = element("fieldset", { className: "plugins" });
  const said = element("p", { className: "note", role: "status" });
  const about = element("div");
  const again = element("button", { type: "button", className: "quiet" }, "Look again");
  again.onclick = refresh;
  draw();
  return {
    element: element("div", { className: "beside" }, element("div", {}, list, again, said), about),
    values: () => ({ ...chosen?.card.values(), plugin: chosen?.head.name ?? "" }),
    restore(values) {
      wanted = values;
      choose(values.plugin);
    },
    run: () => chosen?.card.run(),
    cancel: () => chosen?.card.cancel() ?? false,
    refresh,
  };

  async function refresh(): Promise<void> {
    try {
      const response = await request("/v1/plugins");
      heads = ((await response.json()) as { plugins: Head[] }).plugins;
      said.textContent = `${heads.length} plugins`;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      said.textContent = `The list could not be had: ${error.message}`;
      return;
    }
    draw();
    if (wanted === undefined) return;
    said.textContent = `There is no plugin named ${wanted.plugin} here.`;
    wanted = undefined;
  }

  /** Draws the list, and keeps the form that somebody writes in. */
  function draw(): void {
    const choices = heads.map((head) => {
      const { name, title = name, version = "", source, kind = "code", error } = head;
      const facts = [error ? "cannot run" : kind, version, ...(source === "installed" ? [source] : [])];
      const radio = element("input", { type: "radio", name: "chosen", value: name });
      radio.checked = chosen?.head.name === name;
      radio.onchange = () => {
        wanted = undefined;
        choose(name);
      };
      return element(
        "label",
        {},
        radio,
        element(
          "span",
          {},
          element("strong", {}, title),
          element("small", {}, facts.filter(Boolean).join(" · ")),
        ),
      );
    });
    const focused = list.contains(document.activeElement);
    list.replaceChildren(element("legend", {}, "Plugins"), ...choices);
    const same = heads.find(
      ({ name, version }) => name === chosen?.head.name && version === chosen.head.version,
    );
    if (!same || wanted) choose(wanted?.plugin ?? chosen?.head.name);
    if (focused) list.querySelector<HTMLElement>("input:checked")?.focus();
  }

  function choose(name: string | undefined): void {
    const head = heads.find((one) => one.name === name) ?? heads[0];
    if (head === undefined) return;
    const kept = chosen?.head.name === head.name ? chosen.card.values() : undefined;
    chosen?.card.cancel();
    const card = buildBench({ id: "plugin", task: taskOf(head), heads: [head], own: true }, host);
    chosen = { head, card };
    if (kept) card.restore(kept);
    if (wanted?.plugin === head.name) {
      card.restore(wanted);
      wanted = undefined;
    }
    for (const radio of list.querySelectorAll("input")) radio.checked = radio.value === head.name;
    about.replaceChildren(describe(head), ...(head.error ? [] : [card.element]));
  }
}

function describe({ name, title = name, labels = [], metrics = {}, error }: Head): HTMLElement {
  const figures = figuresOf(metrics).map(([what, value]) =>
    element("div", {}, element("dt", {}, what), element("dd", {}, value)),
  );
  return element(
    "div",
    { className: "about" },
    element("h3", {}, title),
    error
      ? element("p", { className: "alert" }, error.message)
      : element("p", {}, element("code", {}, `POST /v1/plugins/${name}`)),
    ...(labels.length === 0 ? [] : [element("p", { className: "labels" }, "Labels: ", labels.join(", "))]),
    ...(figures.length === 0
      ? [note("It comes without figures.")]
      : [element("dl", { className: "figures" }, ...figures)]),
  );
}

/** Figures by their names; those within others have both names. */
function figuresOf(metrics: Json, within = ""): [name: string, value: string][] {
  return Object.entries(metrics).flatMap(([name, value]) =>
    typeof value === "object" && value !== null
      ? figuresOf(value as Json, `${within}${name} `)
      : [[within + name, String(value)] as [string, string]],
  );
}
