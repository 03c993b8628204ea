import { load } from "@cloze/runtime/node";

await using bert = await load("packages/starter/model");
const { embedding } = await bert.embed("a warm film");
console.log(embedding.length, embedding.slice(0, 3)); // 384, [-0.711, -0.156, 0.821]

const layers = [-4, -3, -2, -1];
const joined = await bert.embed("a warm film", { layers });
console.log(joined.embedding.length); // 1536
const summed = await bert.embed("a warm film", { layers, weights: [0.1, 0.2, 0.3, 0.4] });
console.log(summed.embedding.length); // 384

const each = await bert.embed("a warm film", { layers, pooling: "none" });
console.log(each.tokens); // ["[CLS]", "a", "warm", "film", "[SEP]"]
console.log(each.offsets); // [0, 0, 0, 1, 2, 6, 7, 11, 0, 0]
console.log(each.embedding.length); // 7680

const texts = ["Our opening hours", "Changing a forgotten password", "Shipping to other countries"];
const [nearest] = await bert.similar("How do I reset my password?", texts);
console.log(nearest); // { index: 1, text: "Changing a forgotten password", score: 0.882 }

const long = await bert.embed("a warm film ".repeat(200));
console.log(long.truncated); // true

const refused = await bert.embed("a warm film", { layers: [7] }).catch((error) => [error.code, error.field]);
console.log(refused); // ["invalid-option", "layers"]
