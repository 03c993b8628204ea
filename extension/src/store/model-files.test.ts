import { describe, expect, test } from "vitest";
import { chooseFiles, isBert, isModelName, licenceOf } from "./model-files.ts";

const files = (...paths: string[]) => paths.map((path) => ({ path, size: 1 }));

describe("the files of a model", () => {
  test("are its config first, then its tokenizer, card and plugins, and its weights", () => {
    const all = files(
      "model.safetensors",
      "pytorch_model.bin",
      "onnx/model.onnx",
      "README.md",
      "vocab.txt",
      "plugins/moods/plugin.json",
      "plugins/../config.json",
      "logo.png",
      "config.json",
    );
    expect(chooseFiles(all)).toEqual(
      files("config.json", "README.md", "vocab.txt", "plugins/moods/plugin.json", "model.safetensors"),
    );
  });

  test("may be shards of weights", () => {
    const all = files("config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json");
    expect(chooseFiles(all)).toEqual(all);
  });

  test("are not what another tool made", () => {
    expect(chooseFiles(files("config.json", "onnx/model.onnx"))).toBe("only-onnx");
    expect(chooseFiles(files("config.json", "pytorch_model.bin", "model.onnx"))).toBe("only-pickle");
    expect(chooseFiles(files("config.json"))).toBe("weights");
    expect(chooseFiles(files("model.safetensors"))).toBe("config");
  });
});

test("a config of another architecture, or none, is no BERT's", () => {
  expect(isBert('{"model_type":"bert"}')).toBe(true);
  for (const config of ['{"model_type":"gpt2"}', "null", "{", "[]"]) expect(isBert(config)).toBe(false);
});

test("a licence is read from a card's front matter alone", () => {
  expect(licenceOf("---\nlanguage: en\nlicense: apache-2.0\n---\n")).toBe("apache-2.0");
  expect(licenceOf('---\r\nlicense: "mit"\r\n---\r\n')).toBe("mit");
  expect(licenceOf("---\nlicense:\n  - cc-by-4.0\n---\n")).toBe("cc-by-4.0");
  expect(licenceOf("---\nlicense: other\nlicense_name: my-own\n---\n")).toBe("my-own");
  expect(licenceOf("# A model\nlicense: mit\n")).toBeUndefined();
});

test("a model's name leads nowhere but to its folder", () => {
  for (const name of ["starter", "bert-base-uncased", "google/bert_uncased_L-2_H-128_A-2", "a"])
    expect(isModelName(name)).toBe(true);
  for (const name of [
    "",
    ".",
    "..",
    "../x",
    "a/../b",
    "/a",
    "a/",
    "a/b/c",
    "a--b",
    "a\\b",
    "a b",
    "x.git",
    ".a",
  ])
    expect(isModelName(name)).toBe(false);
});
