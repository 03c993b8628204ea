import { load } from "@cloze/runtime/node";

await using bert = await load("packages/starter/model");
const { masks } = await bert.fill("He closed the [MASK] behind him.", { top: 3 });
const [{ start, end, predictions }] = masks;
console.log(start, end); // 14, 20
console.log(predictions.map(({ token, score }) => [token, score])); // [["door", 0.227], ["room", 0.046], ["window", 0.042]]

const apart = await bert.fill("He opened the [MASK] and read the [MASK].");
console.log(apart.masks.map((mask) => mask.predictions[0].token)); // ["window", "notes"]

const { fillings = [] } = await bert.fill("He opened the [MASK] and read the [MASK].", { joint: true });
console.log(fillings[0].text, fillings[0].score); // "He opened the book and read the book.", 0.056
const ending = await bert.fill("She is read[MASK] a book.", { joint: true });
console.log(ending.fillings?.[0]); // { text: "She is reading a book.", tokens: ["##ing"], score: 0.0037 }

const coffee = await bert.fill("The coffee is [MASK].", { targets: ["hot", "cold", "blue"] });
const asked = coffee.masks[0].predictions;
console.log(asked.map(({ token, score }) => [token, score])); // [["hot", 0.0098], ["cold", 0.007], ["blue", 0.0006]]
const film = await bert.fill("The film was [MASK].", { targets: ["unwatchable"], pieces: true });
console.log(film.masks[0].predictions[0].ids); // [4895, 18866, 3085]

const dear = await bert
  .fill("[MASK] ".repeat(50), { joint: true, maxRows: 200 })
  .catch((error) => error.message);
console.log(dear); // "More than 200 rows of the model are needed: send less text, fewer masks, targets or beams at once."

const far = await bert.fill(`${"The cat sat on the floor. ".repeat(200)}He closed the [MASK] behind him.`);
console.log(far.masks[0].start, far.masks[0].predictions[0].token); // 5214, "door"

const refused = await bert.fill("no blank").catch((error) => error.message);
console.log(refused); // "text has no [MASK]: write one where a word is missing."
