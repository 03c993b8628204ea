/** The switch between the Worker and the model in this tab, which is fetched when somebody wants it and not before. */
import { find } from "./dom.ts";
import type { Engine } from "./engine.ts";
import { downloadSize, tabEngine } from "./tab.ts";

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

/**
 * Brings the switch to life.
 *
 * @param encoder The hash of the weights that the Worker's server runs, where the Worker knows it.
 * @returns What gives the engine that is chosen.
 */
export function buildSwitch(worker: Engine, encoder: string | undefined): () => Engine {
  const dialog = find("#offer", HTMLDialogElement);
  const said = find("#offer [role=status]");
  const progress = find("#offer progress", HTMLProgressElement);
  const counted = find("#offer .number");
  const load = find("#offer [value=load]", HTMLButtonElement);
  const radios = {
    worker: find("[name=where][value=worker]", HTMLInputElement),
    tab: find("[name=where][value=tab]", HTMLInputElement),
  };
  let tab: Engine | undefined;
  let engine = worker;
  let pending: AbortController | undefined;

  radios.worker.checked = true; // a browser may remember another
  radios.worker.onchange = () => (engine = worker);
  radios.tab.onchange = () => (tab ? (engine = tab) : offer());
  load.onclick = download;
  dialog.onclose = () => {
    pending?.abort();
    if (engine === worker) radios.worker.checked = true;
  };
  return () => engine;

  async function offer(): Promise<void> {
    const { signal } = (pending = new AbortController());
    said.textContent = "Looking whether this deployment offers it …";
    load.disabled = true;
    dialog.showModal();
    const size = await downloadSize(encoder);
    if (signal.aborted) return; // closed meanwhile
    load.disabled = size === undefined;
    if (size === undefined)
      said.textContent = "This deployment does not offer it: it has no /tab.js for its model.";
    else {
      progress.max = size;
      tell(0);
      said.textContent =
        `${megabytes(size)} for the model and up to 7 MB for what runs it are downloaded once, and kept for the next visit. ` +
        "Your texts then stay in this browser.";
      load.focus();
    }
  }

  async function download(): Promise<void> {
    const { signal } = (pending = new AbortController());
    load.disabled = true;
    said.textContent = "Downloading and starting …";
    try {
      const loaded = await tabEngine(tell, signal);
      if (signal.aborted) return;
      engine = tab = loaded;
      dialog.close();
    } catch (error) {
      if (signal.aborted) return;
      load.disabled = false;
      said.textContent = `It did not load: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  function tell(bytes: number): void {
    progress.value = bytes;
    counted.textContent = `${megabytes(bytes)} of ${megabytes(progress.max)}`;
  }
}
