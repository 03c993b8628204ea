import { expect, it } from "vitest";
import { parseServers } from "./parse.ts";

it.each([
  ["http://127.0.0.1:9000", [{ url: "http://127.0.0.1:9000", weight: 1 }]],
  [
    "https://a.example/;weight=3,\n https://b.example/v1//",
    [
      { url: "https://a.example", weight: 3 },
      { url: "https://b.example/v1", weight: 1 },
    ],
  ],
  [" http://a , http://b ", ["http://a", "http://b"].map((url) => ({ url, weight: 1 }))],
])("%j is a list of servers", (text, servers) => {
  expect(parseServers(text)).toEqual(servers);
});

it.each([
  ["", "names no server"],
  ["gpu:9000", "an address that is none"],
  ["ftp://gpu", "an address that is none"],
  ["http://", "an address that is none"],
  ["http://me:secret@gpu", "an address that is none"],
  ["http://gpu?key=secret", "an address that is none"],
  ["http://gpu;weight=0", "a weight that is none"],
  ["http://gpu;weight=-1", "a weight that is none"],
  ["http://gpu;weight", "a weight that is none"],
  ["http://gpu;color=red", "a weight that is none"],
  ["http://gpu;weight=2 http://gpu/", "names one server twice"],
])("%j is refused, and not repeated", (text, sentence) => {
  expect(() => parseServers(text)).toThrow(
    expect.objectContaining({
      code: "invalid-option",
      field: "CLOZE_SERVER_URL",
      message: expect.stringMatching(new RegExp(`^CLOZE_SERVER_URL (?!.*secret).*${sentence}`)),
    }),
  );
});
