/**
 * A task's form beside its result: reads the fields, asks the engine, shows the answer or why there is none. What is
 * asked and how it is shown is the task's; who answers is the engine's.
 */
import { copyButton, element, note } from "./dom.ts";
import { curlLine, Failure } from "./engine.ts";
import type { Engine, Question } from "./engine.ts";
import { buildForm } from "./form.ts";
import type { FormOptions } from "./form.ts";
import { apiKey } from "./http.ts";
import { linesOf } from "./link.ts";
import type { Values } from "./link.ts";
import { showMany } from "./many.ts";
import { revealMark } from "./show.ts";

/** What the page around it offers. */
export interface Host {
  readonly engine: () => Engine;
  /** An address that opens the page with what stands on it now. */
  readonly link: () => string;
  /** The most inputs of a request. */
  readonly inputs: number;
}

/** What stands behind a tab. */
export interface Card {
  readonly element: HTMLElement;
  readonly values: () => Values;
  /** Sets all fields; those that are not named become empty. */
  readonly restore: (values: Values) => void;
  readonly run: () => void;
  /** @returns Whether something was running. */
  readonly cancel: () => boolean;
}

export interface BenchOptions extends FormOptions {
  /** Whether its one head is asked at its own route. */
  readonly own?: boolean;
}

export function buildBench(options: BenchOptions, host: Host): Card {
  const { task, heads, own = false } = options;
  const form = buildForm(options);
  const curl = element("code");
  form.watch(tellCurl);
  form.share.append(copyButton("Copy link", host.link));
  form.element.append(
    element(
      "details",
      { open: own },
      element("summary", {}, "The same as a request"),
      element("pre", { tabIndex: 0 }, curl),
      copyButton("Copy the curl line", () => curl.textContent),
    ),
  );

  const verdict = element("p", { className: "verdict", role: "status" }, "Nothing is asked yet");
  const body = element("div", {}, note("Ctrl+Enter asks, Escape cancels."));
  const trouble = element("div");
  const result = element(
    "section",
    { className: "card result", ariaLabel: "Result" },
    verdict,
    trouble,
    body,
  );

  let pending: AbortController | undefined;
  form.element.onsubmit = (event) => {
    event.preventDefault();
    void run();
  };
  form.cancel.onclick = cancel;
  const bench = element("div", { className: "bench" }, form.element, result);
  return { element: bench, values: form.values, restore: form.restore, run, cancel };

  function question(values: Values, inputs: readonly Values[]): Question {
    const plugin = values.plugin || (own ? heads[0].name : undefined);
    const fixed = { route: task.route, plugin, own, options: task.options?.(values) ?? {} };
    return { ...fixed, inputs: inputs.flatMap((one) => task.inputs(one)), many: isMany(values) };
  }

  function isMany(values: Values): boolean {
    return task.each !== undefined && values.many === "on";
  }

  /** The values of each input: all as they are, or with a line each. */
  function eachOf(values: Values): Values[] {
    if (!isMany(values)) return [values];
    const field = task.each!;
    return linesOf(values[field]).map((line) => ({ ...values, [field]: line, masked: "" }));
  }

  function tellCurl(said: Values): void {
    const asked = question(said, eachOf(said).slice(0, host.inputs));
    curl.textContent = curlLine(asked, location.origin, apiKey.get() !== "");
  }

  async function run(): Promise<void> {
    pending?.abort();
    const mine = (pending = new AbortController());
    busy(true);
    trouble.replaceChildren();
    const shown = await answer(form.values(), mine.signal).catch((error: unknown) => ({ error }));
    if (pending !== mine) return; // a later question is on its way, or it was cancelled
    pending = undefined;
    busy(false);
    if ("error" in shown) fail(shown.error);
    else show(shown);
  }

  async function answer(values: Values, signal: AbortSignal): Promise<Shown> {
    const each = eachOf(values);
    if (each.length === 0) throw new Failure("There is no line to ask about: paste some texts.");
    const asked = question(values, each);
    if (asked.many) {
      verdict.textContent = "Asking …";
      return { verdict: await showMany({ task, each, body, answers: host.engine().stream(asked, signal) }) };
    }
    const { answers, timing } = await host.engine().ask(asked, signal);
    return { verdict: task.say(answers, values), body: [...task.show(answers, values), note(timing)] };
  }

  function show({ verdict: said, body: parts }: Shown): void {
    verdict.textContent = said;
    if (parts === undefined) return;
    body.replaceChildren(...parts);
    body.querySelectorAll<HTMLElement>(".passage").forEach(revealMark);
    verdict.scrollIntoView({ block: "nearest" }); // on a small screen it stands below the form
  }

  function fail(error: unknown): void {
    if (!(error instanceof Failure)) console.error(error);
    const { message, requestId, status } =
      error instanceof Failure ? error : new Failure(`Something is wrong: ${String(error)}`);
    trouble.replaceChildren(
      element("p", { className: "alert", role: "alert" }, message),
      ...(requestId === undefined ? [] : [note(`Request ${requestId}`)]),
      ...(status === 401 ? [keyForm()] : []),
    );
    if (!isMany(form.values())) body.replaceChildren(); // of many the answers that came are kept
    verdict.textContent = "No answer";
  }

  /** Asks for the service's key, and then the question again. */
  function keyForm(): HTMLElement {
    const id = `${options.id}-key`;
    const field = element("input", {
      id,
      type: "password",
      autocomplete: "off",
      required: true,
      value: apiKey.get(),
    });
    const asked = element(
      "form",
      { className: "key" },
      element("label", { htmlFor: id }, "API key"),
      field,
      element("button", { type: "submit" }, "Use this key"),
      note("It is kept until this browser tab is closed, and sent to this service alone."),
    );
    asked.onsubmit = (event) => {
      event.preventDefault();
      apiKey.set(field.value.trim());
      tellCurl(form.values());
      form.element.querySelector<HTMLElement>("[type=submit]")?.focus(); // this form goes
      void run();
    };
    return asked;
  }

  function cancel(): boolean {
    if (pending === undefined) return false;
    pending.abort();
    pending = undefined;
    busy(false);
    verdict.textContent = "Cancelled";
    return true;
  }

  function busy(is: boolean): void {
    result.ariaBusy = String(is);
    form.cancel.disabled = !is;
  }
}

/** What a run leaves on the page; without a body, what stands there stays. */
interface Shown {
  readonly verdict: string;
  readonly body?: readonly (Node | string)[];
}
