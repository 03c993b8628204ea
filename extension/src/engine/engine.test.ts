import { createBirpc } from "birpc";
import type { BirpcReturn } from "birpc";
import { describe, expect, test, vi } from "vitest";
import { Engine } from "./engine.ts";
import type { EngineHost } from "./engine.ts";
import type { EngineInfo, EngineSide, HostSide, Outcome } from "./protocol.ts";
import type { EngineListener, Transport } from "./transport.ts";

vi.mock("vscode", () => ({
  l10n: { t: (text: string, ...parts: unknown[]) => text.replace(/\{(\d)\}/g, (_, i) => String(parts[i])) },
  FileSystemError: class extends Error {},
  EventEmitter: class {
    event = () => {};
    fire() {}
    dispose() {}
  },
}));

const info = { plugins: [], refused: [] } as unknown as EngineInfo;

const told = async <T>(value: Promise<T>): Promise<Outcome<T>> => ({ value: await value });

/** An engine that lives here: it does what a test says of each task. */
function startEngine(
  work: (name: string, started: number) => Promise<unknown> = async (name) => name,
  times: { readonly idleTime?: number; readonly mayStart?: Promise<void> } = {},
) {
  const ports: { ended: boolean; listener: EngineListener }[] = [];
  const hosts: BirpcReturn<HostSide, EngineSide>[] = [];
  const transport: Transport = {
    name: "worker",
    async start(_, listener) {
      const port = { ended: false, listener };
      const nth = ports.push(port);
      if (nth === 1) await times.mayStart;
      let hear: (message: unknown) => void;
      const rpc = createBirpc<HostSide, EngineSide>(
        {
          open: () => told(Promise.resolve(info)),
          run: (_call, name) => told(work(name, nth)),
          cancel: () => {},
        },
        { post: (message) => listener.message(message), on: (listening) => (hear = listening), timeout: -1 },
      );
      hosts.push(rpc);
      return {
        post: (message) => hear(message),
        contentOf: async () => ({ url: "" }),
        end: () => void (port.ended = true),
      };
    },
  };
  const host: EngineHost = {
    start: async () => ({ transport, script: "", options: {}, model: {}, runtime: {} }) as never,
    memory: {} as never,
    log: { info() {}, warn() {} } as never,
    idleTime: () => times.idleTime ?? 0,
  };
  return { engine: new Engine(host), ports, hosts };
}

const ask = (engine: Engine, signal?: AbortSignal) =>
  engine.run("selfTest", {}, signal && { signal }) as Promise<unknown>;
const never = new Promise<never>(() => {});

describe("the engine", () => {
  test("stopped while it starts gives up at once, and what comes up late is ended", async () => {
    let start: (() => void) | undefined;
    const mayStart = new Promise<void>((resolve) => (start = resolve));
    const { engine, ports } = startEngine(undefined, { mayStart });
    const first = ask(engine);
    await expect.poll(() => ports.length).toBe(1);
    engine.stop("Changed.");
    await expect(first).rejects.toMatchObject({ code: "disposed", message: "Changed." });
    expect(await ask(engine)).toBe("selfTest");
    start!();
    await expect.poll(() => ports[0].ended).toBe(true);
    expect(ports[1].ended).toBe(false);
    expect(await ask(engine)).toBe("selfTest");
    expect(ports).toHaveLength(2);
  });

  test("lost while several ask is started again once, and answers all of them", async () => {
    const { engine, ports } = startEngine((_, started) => (started === 1 ? never : Promise.resolve(started)));
    const asked = [ask(engine), ask(engine), ask(engine)];
    await expect.poll(() => engine.state.kind).toBe("busy");
    ports[0].listener.gone("crashed");
    expect(await Promise.all(asked)).toEqual([2, 2, 2]);
    expect(ports.map(({ ended }) => ended)).toEqual([true, false]);
    expect(engine.state.kind).toBe("ready");
  });

  test("that does not stop when told is ended: who cancelled hears that, others get their answer", async () => {
    vi.useFakeTimers();
    try {
      const { engine } = startEngine((_, started) => (started === 1 ? never : Promise.resolve(started)));
      const abort = new AbortController();
      const cancelled = expect(ask(engine, abort.signal)).rejects.toMatchObject({ code: "aborted" });
      const other = ask(engine);
      await vi.advanceTimersByTimeAsync(1);
      abort.abort();
      await vi.advanceTimersByTimeAsync(5000);
      await cancelled;
      expect(await other).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test("leaves memory when it was idle", async () => {
    const { engine, ports } = startEngine(undefined, { idleTime: 50 });
    await ask(engine);
    await expect.poll(() => ports[0].ended).toBe(true);
    expect(engine.state.kind).toBe("off");
  });

  test("that rests takes up another time of idleness at once", async () => {
    const times = { idleTime: 0 };
    const { engine, ports } = startEngine(undefined, times);
    await ask(engine);
    times.idleTime = 20;
    engine.restAnew();
    await expect.poll(() => ports[0].ended).toBe(true);
  });

  test("that failed fails no more once it is stopped, since a setting was changed", async () => {
    const { engine } = startEngine(undefined, { mayStart: Promise.reject(new Error("no")) });
    await expect(ask(engine)).rejects.toThrow("could not be started");
    expect(engine.state.kind).toBe("failed");
    engine.stop("Changed.");
    expect(engine.state.kind).toBe("off");
    expect(await ask(engine)).toBe("selfTest");
  });

  test("is not asked, nor started, by what was cancelled before", async () => {
    const done: string[] = [];
    const { engine, ports } = startEngine(async (name) => done.push(name));
    await expect(ask(engine, AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
    expect(ports).toEqual([]);
    await ask(engine);
    await expect(ask(engine, AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
    expect(done).toHaveLength(1);
  });

  test("is not asked by what is cancelled just before it would be", async () => {
    let done = 0;
    const { engine } = startEngine(async () => ++done);
    await ask(engine);
    for (let ticks = 0; ticks < 12; ticks++) {
      const abort = new AbortController();
      const before = done;
      const asked = ask(engine, abort.signal).catch((error: unknown) => error);
      for (let i = 0; i < ticks; i++) await Promise.resolve();
      const wasAsked = engine.state.kind === "busy";
      abort.abort();
      await asked;
      expect(done - before).toBe(Number(wasAsked));
    }
  });

  test("hears nothing of one that was ended", async () => {
    const { engine, ports, hosts } = startEngine();
    await ask(engine);
    engine.stop();
    await ask(engine);
    const old = { ...info, refused: ["old"] };
    await hosts[0].changed.asEvent(old);
    expect(ports).toHaveLength(2);
    expect(await engine.info()).toMatchObject({ refused: [] });
  });

  test("stays where it may be idle for longer than timers can wait", async () => {
    const { engine, ports } = startEngine(undefined, { idleTime: 2 ** 40 });
    await ask(engine);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ports[0].ended).toBe(false);
    engine.dispose();
  });

  test("that cannot be started says why, and what to do", async () => {
    const { engine } = startEngine(undefined, { mayStart: Promise.reject(new Error("no view")) });
    await expect(ask(engine)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/could not be started: no view\. Try Cloze: Restart Engine/),
    });
    expect(await ask(engine)).toBe("selfTest");
  });
});
