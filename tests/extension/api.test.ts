/** What other extensions and chat agents get: functions, commands with arguments, plugins of code and tools. */
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { ClozeExports } from "../../extension/api.d.ts";
import { hasEditors, startVscodeWeb, Workbench } from "./editor.ts";
import { useWorkbench } from "./use-workbench.ts";

const letter = "Dear Ada, the play was written by Anton Chekhov in 1896. It was first shown in Moscow.";

describe.runIf(hasEditors)("for other extensions", () => {
  let workbench: Workbench;
  useWorkbench(
    {
      host: "worker",
      beside: [path.join(import.meta.dirname, "sample-consumer")],
      settings: { "cloze.engine.device": "wasm", "chat.disableAIFeatures": false },
      files: { "film.txt": "a warm , funny and touching film", "deep/letter.txt": letter },
    },
    (opened) => (workbench = opened),
  );

  test("an extension answers with the model of Cloze", async () => {
    await workbench.open("film.txt");
    await workbench.palette("Consumer: Mood of the Document");
    expect(await workbench.toast("Mood:", 90_000)).toMatch(/^Mood: positive [01]\.\d{3}$/);
    await workbench.clearToasts();
  });

  test("the API's functions take one input or a list, and give what the SDK gives", async () => {
    const answers = await workbench.run(async (vscode, text) => {
      const api = vscode.extensions.getExtension<ClozeExports>("cloze.cloze")!.exports.getApi(1);
      const { entities } = await api.tag(text);
      const embedded = await api.embed(["warm", "cold"], { pooling: "cls" });
      return {
        version: api.version,
        one: await api.classify("dull , clumsy and far too long"),
        list: await api.classify(["a warm film", { text: "a dull film" }], { top: 1, plugin: "sentiment" }),
        filled: await api.fill("Paris is the [MASK] of France.", { top: 2 }),
        answer: (await api.ask({ question: "Who wrote the play?", context: text })).answer,
        names: entities.map(({ label, start, end }) => [label, text.slice(start, end)]),
        vectors: embedded.map(({ embedding }) => [embedding instanceof Float32Array, embedding.length]),
        tokens: (await api.tokenize("Warm 😀")).tokens,
        offsets: (await api.tokenize("Warm 😀")).offsets[1],
        nearest: (await api.similar("How do I get home?", ["It is green.", "Which way leads home?"]))[0]
          .index,
        plugin: await api.plugin("sentiment", [{ text: "a warm film" }]),
        code: await api.plugin("heaviest", [{ text: "warm" }]),
        none: await api.classify([]),
      };
    }, letter);
    expect(answers).toMatchObject({
      version: 1,
      one: { label: "negative" },
      list: [{ label: "positive" }, { label: "negative" }],
      filled: { masks: [{ start: 13, end: 19, predictions: [{}, {}] }] },
      answer: "Anton Chekhov",
      vectors: [
        [true, 384],
        [true, 384],
      ],
      offsets: [0, 4],
      nearest: 1,
      plugin: [{ label: "positive" }],
      code: [{ word: "warm", width: 384 }],
      none: [],
    });
    expect(answers.names).toEqual(expect.arrayContaining([["PER", "Anton Chekhov"], ["LOC", "Moscow"]])); // prettier-ignore
    expect(answers.tokens[0]).toBe("[CLS]");
  });

  test("refuses another version, bad input and an aborted call, each with a code", async () => {
    const codes = await workbench.run(async (vscode) => {
      const { exports } = vscode.extensions.getExtension<ClozeExports>("cloze.cloze")!;
      const api = exports.getApi(1);
      // oxlint-disable-next-line unicorn/consistent-function-scoping -- what is around is not sent along
      const codeOf = async (work: () => unknown) => {
        try {
          await work();
          return "nothing";
        } catch (error) {
          return (error as { code: string }).code;
        }
      };
      const plugin = { name: "mine", features: "mean" as const, run: () => ({}) };
      const abort = new AbortController();
      const long = api.tag("It rained all day in Moscow. ".repeat(5000), { signal: abort.signal });
      setTimeout(() => abort.abort(), 300);
      const mine = api.registerPlugin(plugin);
      const outcome = {
        version: await codeOf(() => exports.getApi(2 as 1)),
        input: await codeOf(() => api.classify([7 as unknown as string])),
        plugin: await codeOf(() => api.classify("text", { plugin: "nobody" })),
        aborted: await codeOf(() => long),
        taken: await codeOf(() => api.registerPlugin(plugin)),
        takenByHead: await codeOf(() => api.registerPlugin({ ...plugin, name: "sentiment" })),
        name: await codeOf(() => api.registerPlugin({ ...plugin, name: "Not So" })),
        features: await codeOf(() => api.registerPlugin({ ...plugin, name: "b", features: "all" as "mean" })),
        none: await codeOf(() => mine.dispose()),
        gone: await codeOf(() => api.plugin("mine", [{ text: "a" }])),
        again: await codeOf(() => api.registerPlugin(plugin).dispose()),
        failing: await codeOf(() => {
          const failing = api.registerPlugin({
            ...plugin,
            name: "failing",
            run: () => {
              throw new Error("I cannot.");
            },
          });
          return api.plugin("failing", [{ text: "a" }]).finally(() => failing.dispose());
        }),
      };
      return outcome;
    });
    expect(codes).toEqual({
      version: "unsupported",
      input: "invalid-input",
      plugin: "not-found",
      aborted: "aborted",
      taken: "invalid-plugin",
      takenByHead: "invalid-plugin",
      name: "invalid-plugin",
      features: "invalid-plugin",
      none: "nothing",
      gone: "not-found",
      again: "nothing",
      failing: "plugin-failed",
    });
  });

  test("a plugin of code stands in Run Plugin…, and is a command", async () => {
    await workbench.open("film.txt");
    await workbench.selectAll();
    await workbench.palette("Cloze: Run Plugin…");
    await workbench.pick("The Heaviest Word");
    await expect.poll(() => workbench.treeRows("Results"), { timeout: 20_000 }).not.toEqual([]);
    await workbench.screenshot("code-plugin");
    const texts = ["a warm film", "rain"];
    expect(await workbench.command("cloze.plugin.heaviest", { texts })).toEqual([
      { word: expect.stringMatching(/^(?:a|warm|film)$/), width: 384 },
      { word: "rain", width: 384 },
    ]);
  });

  const invoke = (name: string, input: object) =>
    workbench.run(
      async (vscode, asked) => {
        const token = undefined;
        const options = { input: asked.input, toolInvocationToken: token };
        const { content } = await vscode.lm.invokeTool(asked.name, options);
        return JSON.parse((content[0] as { value: string }).value) as unknown;
      },
      { name, input },
    );

  test("chat agents have tools that answer on this machine", async () => {
    const tools = await workbench.run((vscode) =>
      vscode.lm.tools.filter(({ name }) => name.startsWith("cloze_")).map(({ name }) => name),
    );
    expect(tools.toSorted()).toEqual(["cloze_ask", "cloze_classify", "cloze_fill", "cloze_similar", "cloze_tag"]); // prettier-ignore
    expect(await invoke("cloze_classify", { texts: ["a warm film", "a dull film"] })).toMatchObject([
      { label: "positive" },
      { label: "negative" },
    ]);
    const question = "Who wrote the play?";
    expect(await invoke("cloze_ask", { question, file: "deep/letter.txt" })).toMatchObject({
      answer: "Anton Chekhov",
    });
    expect(
      await invoke("cloze_tag", { file: `${workbench.editor.workspace}/deep/letter.txt` }),
    ).toMatchObject({
      entities: expect.arrayContaining([expect.objectContaining({ text: "Moscow", label: "LOC" })]),
    });
    expect(await invoke("cloze_fill", { text: "Paris is the [MASK] of France." })).toMatchObject({
      masks: [{ start: 13 }],
    });
    expect(await invoke("cloze_similar", { query: "home", texts: ["green", "my home"] })).toMatchObject([
      { index: 1 },
      { index: 0 },
    ]);
  });

  test("a tool's refusal says what to do, and leads no agent out of the workspace", async () => {
    const question = "Who?";
    await expect(invoke("cloze_ask", { question })).rejects.toThrow(/Give either text, or file/);
    for (const file of [
      "/etc/passwd",
      "../../etc/passwd",
      `${workbench.editor.workspace}/../data/User/settings.json`,
    ])
      await expect(invoke("cloze_ask", { question, file })).rejects.toThrow(/no file of the workspace/);
    await expect(invoke("cloze_ask", { question, file: "nowhere.txt" })).rejects.toThrow(/could not be read/);
    await expect(invoke("cloze_fill", { text: "No blank." })).rejects.toThrow(/\[MASK\]/);
    await expect(invoke("cloze_classify", { texts: [] })).rejects.toThrow(/texts/);
  });

  test("a cancelled tool is cancelled", async () => {
    const outcome = await workbench.run(async (vscode, text) => {
      const cancel = new vscode.CancellationTokenSource();
      setTimeout(() => cancel.cancel(), 300);
      const options = { input: { text }, toolInvocationToken: undefined };
      const begun = Date.now();
      return vscode.lm.invokeTool("cloze_tag", options, cancel.token).then(
        () => "answered",
        (error: Error) => `${error.name} ${Date.now() - begun < 15_000 ? "soon" : "late"}`,
      );
    }, "It rained all day in Moscow. ".repeat(5000));
    expect(outcome).toMatch(/^Cancel\w* soon/);
  });

  test("an older VS Code has no such tools, and all the rest", async () => {
    await using web = await startVscodeWeb({
      settings: { "cloze.engine.device": "wasm" },
      files: { "letter.txt": letter },
    });
    await using window = await Workbench.open(workbench.page.context().browser()!, web);
    await window.activate();
    const answer = await window.run(async (vscode) => {
      const api = vscode.extensions.getExtension<ClozeExports>("cloze.cloze")!.exports.getApi(1);
      const plugin = api.registerPlugin({
        name: "width",
        features: "last-four",
        run: ({ pair, features, width }) => ({ pair, width, isWhole: features.length === width }),
      });
      const answers = await api.plugin("width", [{ text: "warm", pair: "cold" }]);
      plugin.dispose();
      return { version: vscode.version, answers };
    });
    expect(answer).toEqual({
      version: expect.stringMatching(/^1\.9[0-4]\./),
      answers: [{ pair: "cold", width: 1536, isWhole: true }],
    });
    await window.open("letter.txt");
    await window.palette("Cloze: Highlight Entities");
    await expect.poll(() => window.marks.count(), { timeout: 30_000 }).toBeGreaterThan(1);
  });
});
