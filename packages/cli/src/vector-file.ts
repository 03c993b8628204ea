/**
 * Files of vectors (`cloze embed --out`): one array of all texts, as `.npy` or `.safetensors`, or one of each text's
 * tokens, as `.safetensors`. Any number of texts: the vectors go to disk as they come.
 */
import type { FileHandle } from "node:fs/promises";
import { ClozeError } from "@cloze/core";
import type { Embedding } from "@cloze/core";
import { encodeSafetensors } from "@cloze/runtime/node";
import type { NewTensor } from "@cloze/runtime/node";
import { withPartial, writeWhole } from "./files.ts";
import { NPY_HEADER, npyHeader } from "./npy.ts";

/** What a file holds. */
export interface Written {
  readonly texts: number;
  readonly vectors: number;
  /** Texts that were cut to the model's length. */
  readonly truncated: number;
}

/**
 * Refuses, before any work, a file whose name does not tell its format, and tokens' vectors in a `.npy`.
 *
 * @throws ClozeError `invalid-option`.
 */
export function checkVectorFile(file: string, tokens: boolean): void {
  const npy = file.endsWith(".npy");
  if (!npy && !file.endsWith(".safetensors"))
    throw new ClozeError("invalid-option", `--out should end in .npy or .safetensors, but is ${file}.`, {
      field: "out",
    });
  if (npy && tokens)
    throw new ClozeError(
      "invalid-option",
      "A .npy holds one array, but with pooling none each text has its own length: write a .safetensors.",
      { field: "out" },
    );
}

/**
 * Writes embeddings to a file: whole or not at all.
 *
 * @param shape Numbers of a vector, and whether each token has one.
 */
export async function writeVectors(
  file: string,
  embeddings: AsyncIterable<Embedding>,
  { width, tokens }: { readonly width: number; readonly tokens: boolean },
): Promise<Written> {
  if (file.endsWith(".npy")) return writeNpy(file, embeddings, width);
  return writeSafetensors(file, embeddings, width, tokens);
}

async function writeNpy(file: string, embeddings: AsyncIterable<Embedding>, width: number): Promise<Written> {
  let rows = 0;
  let truncated = 0;
  await writeWhole(file, async (handle) => {
    await writeAll(handle, npyHeader(0, width));
    for await (const embedding of embeddings) {
      await writeAll(handle, bytesOf(embedding.embedding));
      rows++;
      if (embedding.truncated) truncated++;
    }
    await handle.write(npyHeader(rows, width), 0, NPY_HEADER, 0);
  });
  return { texts: rows, vectors: rows, truncated };
}

/** What a header of safetensors may have is 100 MB; it names tensors and tokens. */
const MAX_NAMES = 95_000_000;

/**
 * The header stands first and names every tensor with its size, so the vectors wait in a file beside until all are
 * counted. Of pooled texts there is one tensor, `embeddings` [texts, width]; of tokens two a text, by the text's
 * number from 0: `0` [tokens, width] and `0.offsets` [tokens, 2], and the pieces as JSON in the metadata, `0.tokens`.
 */
async function writeSafetensors(
  file: string,
  embeddings: AsyncIterable<Embedding>,
  width: number,
  byToken: boolean,
): Promise<Written> {
  const tensors: NewTensor[] = [];
  const metadata: Record<string, string> = { format: "pt" };
  let names = 0;
  let [texts, vectors, truncated] = [0, 0, 0];
  await withPartial(file, async (spool) => {
    const stored = (name: string, first: number, rows: number): NewTensor => {
      const chunks = () => readRange(spool, 4 * width * first, 4 * width * rows);
      return { name, dtype: "F32", shape: [rows, width], chunks };
    };
    for await (const { embedding, tokens, offsets, truncated: cut } of embeddings) {
      await writeAll(spool, bytesOf(embedding));
      if (tokens && offsets) {
        const pieces = JSON.stringify(tokens);
        names += Buffer.byteLength(JSON.stringify(pieces)) + 200;
        if (names > MAX_NAMES)
          throw new ClozeError(
            "invalid-input",
            `One .safetensors cannot name the tokens of more than ${texts} of these texts: split the input.`,
          );
        tensors.push(stored(`${texts}`, vectors, tokens.length));
        const places = offsets.slice(); // it may be a view of all texts' offsets
        tensors.push({
          name: `${texts}.offsets`,
          dtype: "I32",
          shape: [tokens.length, 2],
          chunks: () => [bytesOf(places)],
        });
        metadata[`${texts}.tokens`] = pieces;
      }
      texts++;
      vectors += tokens?.length ?? 1;
      if (cut) truncated++;
    }
    if (!byToken) tensors.push(stored("embeddings", 0, vectors));
    await writeWhole(file, async (handle) => {
      for await (const chunk of encodeSafetensors(tensors, metadata)) await writeAll(handle, chunk);
    });
  });
  return { texts, vectors, truncated };
}

const CHUNK = 1 << 20;

async function* readRange(handle: FileHandle, start: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes;) {
    const chunk = new Uint8Array(Math.min(CHUNK, bytes - at));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, start + at);
    if (bytesRead === 0) return; // the writer misses the rest and says so
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** Writes at the handle's place all of some bytes; one write may take only a part of them. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;)
    at += (await handle.write(bytes, at, bytes.length - at, null)).bytesWritten;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
