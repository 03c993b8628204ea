import { load } from "@cloze/runtime/node";

await using bert = await load("packages/starter/model"); // or any BERT folder in Hugging Face's layout
const { label } = await bert.classify("a warm , funny film"); // "positive"
const context = "The play was written by Anton Chekhov in 1896.";
const { answer } = await bert.ask({ question: "Who wrote it?", context }); // "Anton Chekhov"
const { entities } = await bert.tag(context); // Anton Chekhov is a PER
const { masks } = await bert.fill("He closed the [MASK] behind him."); // a door
const { isNext } = await bert.next({ text: context, pair: "It was first shown in 1896." }); // a probability
const { embedding } = await bert.embed(context); // 384 numbers

// What the README says of them.
export { answer, embedding, entities, isNext, label, masks };
