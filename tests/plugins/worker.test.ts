/**
 * A new classifier goes live while the Worker runs and its server does not notice: in real workerd, over KV and over R2,
 * with the starter's real encoder.
 */
import { constants, deflateRawSync } from "node:zlib";
import { trainPlugin, pluginFiles } from "@cloze/train";
import { packZip } from "@cloze/runtime/plugin";
import type { LabelScores } from "@cloze/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { residentBytes } from "../resident.ts";
import { copyOf } from "./files.ts";
import { startStand } from "./stand.ts";
import type { Stand } from "./stand.ts";

const context =
  "The play was written by Anton Chekhov in Yalta. It was first shown in 1896, in Saint Petersburg.";
const weather = [
  "It rained all night.",
  "A warm wind blew.",
  "Snow fell.",
  "The clouds are dark.",
  "Fog lay on the lake.",
];
const food = [
  "She baked a loaf.",
  "The soup was salty.",
  "We ate fish.",
  "He peeled an orange.",
  "The cake is sweet.",
];

describe.each(["kv", "r2"] as const)("plugins in %s", (place) => {
  let stand: Stand;
  beforeAll(async () => {
    stand = await startStand(place);
  });
  afterAll(() => stand?.[Symbol.asyncDispose]());

  it("a head that was just trained is put, listed, run by its route and its task's, rolled back and removed", async () => {
    const { bert, send } = stand;
    const examples = [
      ...weather.map((text) => ({ text, label: "weather" })),
      ...food.map((text) => ({ text, label: "food" })),
    ];
    const { encoder } = bert.plugins.find(({ name }) => name === "sentiment")!;
    const topics = await trainPlugin(bert, examples, { name: "topics", encoder: encoder! });
    const put = (version: string) =>
      pluginFiles({ ...topics, plugin: { ...topics.plugin, version } }).then((files) =>
        send("PUT", "/v1/plugins/topics", packZip(files)),
      );
    expect((await send("GET", "/v1/plugins/topics")).status).toBe(404);
    const text = "A storm is near.";
    expect((await send("POST", "/v1/plugins/topics", { text })).status).toBe(404);

    expect(await put("1.0.0")).toMatchObject({
      status: 201,
      body: { name: "topics", version: "1.0.0", source: "installed", labels: ["food", "weather"] },
    });
    const { body: list } = await send("GET", "/v1/plugins");
    expect(list.plugins.map(({ name, source }) => [name, source]).slice(-4)).toEqual([
      ["sentiment", "bundled"],
      ["answers", "bundled"],
      ["entities", "bundled"],
      ["topics", "installed"],
    ]);
    await bert.plugin(topics);
    const here = (await bert.classify(text, { plugin: "topics" })) as LabelScores;
    for (const [route, body] of [
      ["/v1/plugins/topics", { text }],
      ["/v1/classify", { text, plugin: "topics" }],
    ] as const) {
      const answered = await send("POST", route, body);
      expect(answered).toMatchObject({ status: 200, body: { label: "weather" } });
      expect(answered.body.score).toBeCloseTo(here.score, 4);
    }

    expect(await put("2.0.0")).toMatchObject({ status: 200, body: { version: "2.0.0" } });
    const back = await send("PUT", "/v1/plugins/topics/version", { version: "1.0.0" });
    expect(back).toMatchObject({ status: 200, body: { version: "1.0.0" } });
    expect(back.body.versions.map(({ version }) => version)).toEqual(["2.0.0", "1.0.0"]);
    expect(await send("PUT", "/v1/plugins/topics/version", { version: "9" })).toMatchObject({
      status: 404,
      body: { code: "not-found", field: "version" },
    });

    expect((await send("DELETE", "/v1/plugins/topics")).status).toBe(204);
    expect((await send("POST", "/v1/plugins/topics", { text })).status).toBe(404);
    expect((await send("DELETE", "/v1/plugins/topics")).status).toBe(404);
    expect(await stand.keys()).toEqual([]);
  });

  it("heads on tokens say what the model's own say, through hidden states in half precision", async () => {
    const { bert, send } = stand;
    for (const name of ["answers", "entities", "sentiment"])
      expect((await send("PUT", `/v1/plugins/my-${name}`, await copyOf(name))).status).toBe(201);
    const question = "Who wrote it?";
    const asked = await send("POST", "/v1/plugins/my-answers", { question, context });
    const { answer, start, end } = await bert.ask({ question, context });
    expect(asked.body).toMatchObject({ answer, start, end });
    const tagged = await send("POST", "/v1/plugins/my-entities", { text: context });
    const { entities } = await bert.tag(context);
    expect(entities.length).toBeGreaterThan(2);
    expect(tagged.body.entities).toEqual(
      entities.map(({ score, ...entity }) => ({ ...entity, score: expect.closeTo(score, 2) as number })),
    );
    const classified = await send("POST", "/v1/classify", {
      text: "a warm , funny film",
      plugin: "my-sentiment",
    });
    expect(classified.body.label).toBe("positive");
    const several = await send("POST", "/v1/plugins/my-sentiment", {
      inputs: [{ text: "dull" }, { text: "warm" }],
    });
    expect(several.status).toBe(200);
  });

  it("another isolate has it within the time that a pointer is believed", async () => {
    const { send } = stand;
    const version = async () =>
      (await send("GET", "/v1/plugins/shared", undefined, {}, "there")).body.version;
    const put = async (name: string) =>
      send("PUT", "/v1/plugins/shared", await copyOf("sentiment", { name: "shared", version: name }));
    await put("1");
    expect(await version()).toBe("1");
    const before = Date.now();
    await put("2");
    while ((await version()) !== "2") expect(Date.now() - before).toBeLessThan(5000);
    const run = await send("POST", "/v1/plugins/shared", { text: "a warm , funny film" }, {}, "there");
    expect(run.body.label).toBe("positive");
    await send("DELETE", "/v1/plugins/shared");
    while ((await send("GET", "/v1/plugins/shared", undefined, {}, "there")).status !== 404)
      expect(Date.now() - before).toBeLessThan(10_000);
  });

  it("what is refused says why, and changes nothing", async () => {
    const { send } = stand;
    const before = await stand.keys();
    const put = (name: string, file: Uint8Array, headers = {}) =>
      send("PUT", `/v1/plugins/${name}`, file, headers);
    const other = await copyOf("sentiment", { encoder: { name: "their-bert", sha256: "0".repeat(64) } });
    const mismatch = await put("my-sentiment", other);
    expect(mismatch).toMatchObject({ status: 422, body: { code: "encoder-mismatch" } });
    expect(mismatch.body.detail).toContain("their-bert (00000000…), and this service runs cloze-starter");
    expect(await put("others", await copyOf("sentiment"))).toMatchObject({
      status: 422,
      body: { code: "invalid-plugin", field: "name" },
    });
    const anonymous = await put("my-sentiment", await copyOf("sentiment", { encoder: undefined }));
    expect(anonymous.body).toMatchObject({ code: "invalid-plugin", field: "encoder" });
    expect(await put("my-sentiment", new Uint8Array(9 * 2 ** 20))).toMatchObject({
      status: 413,
      body: { code: "too-large" },
    });
    expect(
      await put("my-sentiment", await copyOf("sentiment"), { "content-type": "text/plain" }),
    ).toMatchObject({
      status: 415,
    });
    const bundled = await put("sentiment", await copyOf("sentiment", { name: "sentiment" }));
    expect(bundled).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect((await send("DELETE", "/v1/plugins/sentiment")).status).toBe(403);
    expect((await send("PATCH", "/v1/plugins/sentiment")).status).toBe(405);
    expect(await stand.keys()).toEqual(before);
  });

  it("a file that unpacks to gigabytes is refused for what it says, with none of them unpacked", async () => {
    const { send } = stand;
    const zeros = deflateRawSync(new Uint8Array(2 ** 20), { finishFlush: constants.Z_FULL_FLUSH });
    const bomb = packZip(new Map([["plugin.json", Buffer.concat(Array<Buffer>(2000).fill(zeros))]]));
    const view = new DataView(bomb.buffer);
    const directory = view.getUint32(bomb.length - 6, true);
    view.setUint16(directory + 10, 8, true); // deflated
    view.setUint32(directory + 24, 10, true); // to ten bytes, it says
    const before = await residentBytes("workerd");
    const { status, body } = await send("PUT", "/v1/plugins/bomb", bomb);
    expect([status, body.detail]).toEqual([422, expect.stringContaining("more than its 10 bytes")]);
    expect((await residentBytes("workerd")) - before).toBeLessThan(2 ** 28);
  });

  it("a file that is damaged where it is kept is that plugin's error alone", async () => {
    const { send } = stand;
    const { body } = await send("PUT", "/v1/plugins/frail", await copyOf("sentiment", { name: "frail" }));
    await stand.damage(`plugins/files/${body.sha256}.cloze`, new TextEncoder().encode("moths"));
    const run = await send("POST", "/v1/plugins/frail", { text: "a" }, {}, "there"); // which has not read it yet
    expect(run).toMatchObject({ status: 422, body: { code: "invalid-plugin" } });
    expect(run.body.detail).toContain("The file of the plugin frail is damaged where it is kept");
    await stand.damage("plugins/active/frail.json", new TextEncoder().encode("{"));
    const { body: list } = await send("GET", "/v1/plugins", undefined, {}, "there");
    expect(list.plugins.find(({ name }) => name === "frail")).toMatchObject({
      error: { code: "invalid-plugin" },
    });
    expect((await send("DELETE", "/v1/plugins/frail")).status).toBe(204);
  });
});
