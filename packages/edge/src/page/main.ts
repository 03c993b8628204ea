/** The demo page: a tab a task, each with its card, and an address that says what stands there. */
import type { HeadKind } from "@cloze/core";
import { buildBench } from "./bench.ts";
import type { Card, Host } from "./bench.ts";
import { element, find, rove } from "./dom.ts";
import type { Head } from "./heads.ts";
import { httpEngine } from "./http.ts";
import { readLink, writeLink } from "./link.ts";
import type { Values } from "./link.ts";
import { buildPlugins } from "./plugins.ts";
import { ask } from "./tasks/ask.ts";
import { classify } from "./tasks/classify.ts";
import { fill } from "./tasks/fill.ts";
import { compare } from "./tasks/pairs.ts";
import { tag } from "./tasks/tag.ts";
import type { Task } from "./tasks/task.ts";
import { buildSwitch } from "./where.ts";

/** What the Worker writes into the page. */
const { plugins, inputs, encoder } = JSON.parse(find("#service").textContent) as {
  readonly plugins: readonly Head[];
  /** The most inputs of a request. */
  readonly inputs: number;
  /** The hash of the weights that its server runs, where it knows it. */
  readonly encoder?: string;
};

interface Tab {
  readonly name: string;
  readonly caption: string;
  readonly heading: string;
  readonly card: Card;
  /** Is called when the tab is shown. */
  readonly shown?: () => void;
}

let current: Tab | undefined;
const host: Host = {
  engine: buildSwitch(httpEngine(inputs), encoder),
  inputs,
  link: () => new URL(writeLink({ tab: current!.name, values: current!.card.values() }), location.href).href,
};

const pluginsCard = buildPlugins(plugins, host);
const tabs: readonly Tab[] = [
  ...taskTab(
    "fill",
    "Fill",
    "Fill in the blanks",
    fill,
    ["masked-lm"],
    [
      { text: "Paris is the capital of France.", masked: "3" },
      { text: "He closed the [MASK] behind him." },
      { text: "The doctor told the patient to take the medicine.", masked: "1,4" },
    ],
  ),
  ...taskTab("ask", "Ask", "Find the answer in a passage", ask, ["span"]),
  ...taskTab("classify", "Classify", "Say what a text is", classify, [
    "sequence",
    "multi-label",
    "regression",
  ]),
  ...taskTab("entities", "Entities", "Find the names in a text", tag, ["token"]),
  {
    name: "compare",
    caption: "Compare",
    heading: "See how near two texts are",
    card: buildBench(
      {
        id: "compare",
        task: compare,
        heads: [],
        examples: [
          { text: "A man plays a guitar.", other: "Somebody makes music." },
          { text: "The parliament adjourned in June.", other: "A man plays a guitar." },
        ],
      },
      host,
    ),
  },
  {
    name: "plugins",
    caption: "Plugins",
    heading: "Try any head, also those installed while the service runs",
    card: pluginsCard,
    shown: () => void pluginsCard.refresh(),
  },
];

const buttons = tabs.map(({ name, caption }) =>
  element("button", { type: "button", role: "tab", id: `tab-${name}` }, caption),
);
const panels = tabs.map(({ name, heading, card }) => {
  const panel = element(
    "div",
    { role: "tabpanel", id: name, hidden: true },
    element("h2", {}, heading),
    card.element,
  );
  panel.setAttribute("aria-labelledby", `tab-${name}`);
  return panel;
});
for (const [i, button] of buttons.entries()) {
  button.setAttribute("aria-controls", tabs[i].name);
  button.onclick = () => show(i);
}
rove(buttons, 0, (i) => {
  show(i);
  keepLink();
});
find("[role=tablist]").append(...buttons);
find("main").append(...panels);

document.onkeydown = (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) current?.card.run();
  else if (event.key === "Escape" && current?.card.cancel()) event.preventDefault();
};
let waiting: ReturnType<typeof setTimeout> | undefined;
document.addEventListener("input", keepLink);
document.addEventListener("click", keepLink);
window.onhashchange = openLink;
openLink();

/** A tab for a task, where the model has a head for it. */
function taskTab(
  name: string,
  caption: string,
  heading: string,
  task: Task,
  kinds: readonly HeadKind[],
  examples: readonly Values[] = [],
): Tab[] {
  const heads = plugins.filter(({ kind }) => kind && kinds.includes(kind));
  if (heads.length === 0) return [];
  return [{ name, caption, heading, card: buildBench({ id: name, task, heads, examples }, host) }];
}

function show(i: number): void {
  if (current === tabs[i]) return;
  current = tabs[i];
  for (const [j, button] of buttons.entries()) {
    button.ariaSelected = String(i === j);
    button.tabIndex = i === j ? 0 : -1;
    panels[j].hidden = i !== j;
  }
  current.shown?.();
}

/** Opens what the address says; nothing runs until somebody asks. */
function openLink(): void {
  const place = readLink(location.hash);
  const i = Math.max(
    0,
    tabs.findIndex(({ name }) => name === place?.tab),
  );
  show(i);
  if (place?.tab !== tabs[i].name || Object.keys(place.values).length === 0) return;
  tabs[i].card.restore(place.values);
}

/** Has the address say what is on the page; a little later, since browsers refuse to be told at every key. */
function keepLink(): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => history.replaceState(null, "", host.link()), 200);
}
