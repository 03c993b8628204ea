import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Deployment } from "./deployment.ts";

let answer: { readonly status: number; readonly body: string };
let asked: IncomingMessage[];
const server = createServer((request, response) => {
  asked.push(request);
  request.resume().on("end", () => {
    response.writeHead(answer.status, { location: "http://127.0.0.1:1/" }).end(answer.body);
  });
});
let url: string;
beforeEach(async () => {
  asked = [];
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const plugin = { plugin: { name: "moods" }, bytes: Uint8Array.of(1, 2) } as Parameters<Deployment["put"]>[0];

describe("a service elsewhere", () => {
  it("is sent the file, with its key, to the plugin's own address", async () => {
    answer = { status: 201, body: '{"name":"moods"}' };
    expect(await new Deployment(`${url}/`, "secret").put(plugin)).toEqual({ name: "moods" });
    expect(asked.map(({ method, url: path, headers }) => [method, path, headers.authorization])).toEqual([
      ["PUT", "/v1/plugins/moods", "Bearer secret"],
    ]);
    expect(asked[0].headers).toMatchObject({ "content-type": "application/zip", "content-length": "2" });
  });

  it.each([
    [
      401,
      '{"code":"unauthorized","detail":"No."}',
      "invalid-option",
      /wants a key: give --key, or set CLOZE_KEY\.$/,
    ],
    [403, '{"code":"forbidden","detail":"The key ci may not."}', "invalid-option", /^The key ci may not\.$/],
    [413, '{"code":"too-large","detail":"It has 9 bytes."}', "invalid-plugin", /^It has 9 bytes\.$/],
    [422, '{"code":"encoder-mismatch","detail":"Not a, but b."}', "encoder-mismatch", /^Not a, but b\.$/],
    [503, '{"code":"server-unavailable","detail":"Away."}', "server-unavailable", /^Away\.$/],
    [500, '{"code":"internal","detail":"A fault."}', "server-error", /^A fault\.$/],
    [
      404,
      "<h1>nothing here</h1>",
      "server-error",
      /is not a Cloze service, or hides one: it answered status 404\.$/,
    ],
    [301, "", "server-error", /it answered status 301\.$/],
    [200, "<h1>Welcome</h1>", "server-error", /it answered status 200\.$/],
  ])(
    "that answers status %d is told of in a sentence, and asked once",
    async (status, body, code, message) => {
      answer = { status, body };
      const error: unknown = await new Deployment(url, "secret")
        .put(plugin)
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "ClozeError", code });
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toContain("secret");
      expect(asked).toHaveLength(1);
    },
  );

  it("is asked for a plugin whatever its name looks like, and for nothing else", async () => {
    answer = { status: 204, body: "" };
    for (const name of ["a/version", "a?b#c", ""]) await new Deployment(url, "secret").remove(name);
    expect(asked.map(({ url: path }) => path)).toEqual([
      "/v1/plugins/a%2Fversion",
      "/v1/plugins/a%3Fb%23c",
      "/v1/plugins/",
    ]);
  });

  it("that is not there, or has no address, is told of too", async () => {
    await expect(new Deployment("http://127.0.0.1:9", undefined).list()).rejects.toThrow(
      "http://127.0.0.1:9 cannot be reached: see that the service runs, and at this address.",
    );
    expect(() => new Deployment("moods", undefined)).toThrow("moods is not an address");
  });
});
