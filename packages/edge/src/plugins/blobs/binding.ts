/** The blobs behind a Worker's binding, which may be a KV namespace or an R2 bucket. */
import type { Blobs } from "../blobs.ts";
import { kvBlobs } from "./kv.ts";
import type { KeyValueNamespace } from "./kv.ts";
import { r2Blobs } from "./r2.ts";
import type { ObjectBucket } from "./r2.ts";

/** Tells a KV namespace from an R2 bucket: only a bucket has `head`. */
export function bindingBlobs(binding: object): Blobs {
  return isBucket(binding) ? r2Blobs(binding) : kvBlobs(binding as KeyValueNamespace);
}

function isBucket(binding: object): binding is ObjectBucket {
  return "head" in binding;
}
