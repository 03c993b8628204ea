/** A port and its end, whatever its clients do. */
import { connect } from "node:net";
import { generate } from "selfsigned";
import { expect, it } from "vitest";
import { listen } from "../../packages/server/src/listen.ts";

const hello = () => new Response("hello");

it("closes at once though a client never finishes greeting it in TLS", async () => {
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }]);
  const port = await listen(hello, { host: "127.0.0.1", port: 0, tls: { cert, key } });
  const silent = connect(port.port, "127.0.0.1").on("error", () => {});
  const gone = new Promise((resolve) => silent.once("close", resolve));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await port.close();
  await gone;
}, 3000);

it.each([65_536, -1, 0.5])("says that there is no port %d", async (port) => {
  await expect(listen(hello, { host: "127.0.0.1", port, tls: undefined })).rejects.toMatchObject({
    code: "invalid-option",
    message: `port should be 0 to 65535, but is ${port}.`,
  });
});
