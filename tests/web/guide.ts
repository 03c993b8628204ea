import { load } from "@cloze/runtime/web";

await using bert = await load("/models/starter", {
  device: "auto",
  onProgress: ({ file, loaded, total }) => showProgress(`${file}: ${loaded} of ${total} bytes`),
});
console.log(bert.device); // "wasm"

const { label } = await bert.classify("a warm , funny film");
console.log(label); // "positive"
const { masks } = await bert.fill("He closed the [MASK] behind him.");
console.log(masks[0].predictions[0].token); // "door"
const { answer, start, end } = await bert.ask({
  question: "Who wrote it?",
  context: "The play was written by Anton Chekhov in 1896.",
});
console.log(answer, start, end); // "Anton Chekhov", 24, 37

function showProgress(line: string): void {
  document.title = line;
}
