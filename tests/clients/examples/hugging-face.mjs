import { InferenceClient } from "@huggingface/inference";

const at = (task) => new InferenceClient("", { endpointUrl: `http://127.0.0.1:8787/hf/${task}` });

const [{ label, score }] = await at("text-classification").textClassification({
  inputs: "a warm , funny film",
});
console.log(label, score); // "positive", 0.9997

const question = "Who wrote it?";
const context = "The play was written by Anton Chekhov in 1896.";
const { answer } = await at("question-answering").questionAnswering({ inputs: { question, context } });
console.log(answer); // "Anton Chekhov"
