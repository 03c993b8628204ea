import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Circuit } from "./circuit.ts";
import type { Outcome } from "./circuit.ts";

/** Lets one request through, and tells what came of it. */
function once(circuit: Circuit, outcome: Outcome, now = 0): void {
  circuit.leave(circuit.enter(now)!, outcome, now);
}

function opened(options: ConstructorParameters<typeof Circuit>[0] = {}): Circuit {
  const circuit = new Circuit({ failures: 1, openMs: 1000, probeMs: 500, ...options });
  once(circuit, "failure");
  return circuit;
}

describe("a circuit", () => {
  it("opens after failures in a row, and a success between them starts the count anew", () => {
    const circuit = new Circuit({ failures: 3, window: 1000 });
    for (const outcome of ["failure", "failure", "success", "failure", "failure"] as const)
      once(circuit, outcome);
    expect(circuit.state(0)).toBe("closed");
    once(circuit, "failure");
    expect(circuit.state(0)).toBe("open");
    expect(circuit.enter(0)).toBeUndefined();
  });

  it("opens when half of the latest have failed, not before half of the window is there", () => {
    const circuit = new Circuit({ failures: 1000, window: 8, share: 0.5 });
    for (const outcome of ["failure", "success", "failure"] as const) once(circuit, outcome);
    expect(circuit.state(0)).toBe("closed");
    once(circuit, "success");
    expect(circuit.state(0)).toBe("closed"); // half have failed, but a success opens nothing
    once(circuit, "failure");
    expect(circuit.state(0)).toBe("open");
  });

  it("forgets what fell out of the window", () => {
    const circuit = new Circuit({ failures: 1000, window: 4, share: 0.5 });
    for (let i = 0; i < 50; i++)
      for (const outcome of ["failure", "success", "success", "success"] as const) once(circuit, outcome);
    expect(circuit.state(0)).toBe("closed");
  });

  it("takes no notice of what says nothing of the server", () => {
    const circuit = new Circuit({ failures: 2 });
    once(circuit, "failure");
    for (let i = 0; i < 50; i++) once(circuit, "neither");
    expect(circuit.state(0)).toBe("closed");
    once(circuit, "failure");
    expect(circuit.state(0)).toBe("open");
  });

  it("is half-open when its time is over, and lets one through", () => {
    const circuit = opened();
    expect([circuit.state(999), circuit.waitMs(999), circuit.enter(999)]).toEqual(["open", 1, undefined]);
    expect([circuit.state(1000), circuit.waitMs(1000)]).toEqual(["half-open", 0]);
    expect(circuit.enter(1000)).toMatchObject({ probe: true });
    expect([circuit.enter(1000), circuit.waitMs(1000)]).toEqual([undefined, 500]);
  });

  it("closes when that one succeeds, and opens anew when it fails", () => {
    const well = opened();
    once(well, "success", 1000);
    expect(well.state(1000)).toBe("closed");
    const ill = opened();
    once(ill, "failure", 1200);
    expect([ill.state(2199), ill.state(2200)]).toEqual(["open", "half-open"]);
  });

  it("begins anew when it closes", () => {
    for (const rule of [
      { failures: 2, window: 1000 },
      { failures: 1000, window: 4 },
    ]) {
      const circuit = new Circuit({ ...rule, openMs: 1000 });
      once(circuit, "failure");
      once(circuit, "failure");
      expect(circuit.state(0)).toBe("open");
      once(circuit, "success", 1000);
      once(circuit, "failure", 1000);
      expect(circuit.state(1000)).toBe("closed");
    }
  });

  it("gives the place to another when that one says nothing, or is heard of no more", () => {
    const left = opened();
    once(left, "neither", 1000);
    expect(left.enter(1000)).toMatchObject({ probe: true });
    const lost = opened();
    lost.enter(1000);
    expect(lost.enter(1499)).toBeUndefined();
    expect(lost.enter(1500)).toMatchObject({ probe: true });
  });

  it("takes the word of one that came late, while nobody knows better", () => {
    const circuit = opened();
    const slow = circuit.enter(1000)!;
    circuit.enter(1500);
    circuit.leave(slow, "success", 1600);
    expect(circuit.state(1600)).toBe("closed");
  });

  it("counts nothing of a time before it opened or closed", () => {
    const circuit = new Circuit({ failures: 1, openMs: 1000 });
    const old = circuit.enter(0)!;
    const older = circuit.enter(0)!;
    once(circuit, "failure");
    circuit.leave(old, "success", 1500);
    expect(circuit.state(1500)).toBe("half-open");
    once(circuit, "success", 1500);
    circuit.leave(older, "failure", 1600);
    expect(circuit.state(1600)).toBe("closed");
  });

  it.each([{ failures: 0 }, { share: 1.5 }, { openMs: NaN }])("refuses %o", (options) => {
    expect(() => new Circuit(options)).toThrow(expect.objectContaining({ code: "invalid-option" }));
  });
});

describe("whatever happens", () => {
  const outcomes = fc.constantFrom<Outcome>("success", "failure", "neither");
  const events = fc.array(
    fc.record({
      wait: fc.constantFrom(0, 0, 0, 1, 40, 99, 100),
      enter: fc.boolean(),
      which: fc.nat(20),
      outcome: outcomes,
    }),
    { maxLength: 200 },
  );
  const options = fc.record({
    failures: fc.integer({ min: 1, max: 6 }),
    window: fc.integer({ min: 1, max: 12 }),
    share: fc.double({ min: 0.1, max: 1, noNaN: true }),
    openMs: fc.constantFrom(50, 100, 300),
    probeMs: fc.constantFrom(50, 100, 300),
  });

  it("a half-open circuit has at most one request on its way, each for as long as its place is its own", () => {
    fc.assert(
      fc.property(options, events, (rules, happens) => {
        const circuit = new Circuit(rules);
        const inside: { pass: NonNullable<ReturnType<Circuit["enter"]>>; since: number }[] = [];
        let now = 0;
        for (const { wait, enter, which, outcome } of happens) {
          now += wait;
          const before = circuit.state(now);
          if (enter || inside.length === 0) {
            const pass = circuit.enter(now);
            expect(pass !== undefined && before === "open").toBe(false);
            if (pass) {
              expect(pass.probe).toBe(before === "half-open");
              inside.push({ pass, since: now });
            } else expect(circuit.waitMs(now)).toBeGreaterThan(0);
          } else circuit.leave(inside.splice(which % inside.length, 1)[0].pass, outcome, now);
          const held = inside.filter(({ pass, since }) => pass.probe && now < since + rules.probeMs);
          const latest = Math.max(...held.map(({ pass }) => pass.era)); // the others' circuit has turned since
          expect(held.filter(({ pass }) => pass.era === latest).length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it("a closed one opens exactly when its rule says", () => {
    fc.assert(
      fc.property(options, fc.array(outcomes, { maxLength: 60 }), (rules, happens) => {
        const circuit = new Circuit(rules);
        const heard: Outcome[] = [];
        for (const outcome of happens) {
          once(circuit, outcome);
          if (outcome !== "neither") heard.push(outcome);
          const row = heard.slice(heard.lastIndexOf("success") + 1).length;
          const latest = heard.slice(-rules.window);
          const bad = latest.filter((one) => one === "failure").length;
          const due =
            outcome === "failure" &&
            (row >= rules.failures ||
              (latest.length >= rules.window / 2 && bad / latest.length >= rules.share));
          expect(circuit.state(0)).toBe(due ? "open" : "closed");
          if (due) return;
        }
      }),
    );
  });
});
