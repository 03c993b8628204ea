/** Models behind HTTP: the session that a program or a Worker uses, and the wire format that it shares with servers. */
export { readBody } from "./body.ts";
export { wireLength } from "./buckets.ts";
export { RemoteSession } from "./session.ts";
export type { RemoteOptions } from "./session.ts";
export { decodeRequest, encodeResponse, HEADER_LENGTH } from "./wire.ts";
export type { AskedOutput, InferRequest, SentOutput } from "./wire.ts";
export type { WireTensor } from "./tensors.ts";
