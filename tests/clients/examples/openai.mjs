import OpenAI from "openai";

const client = new OpenAI({ baseURL: "http://127.0.0.1:8787/v1", apiKey: "none" }); // or the service's key
const { data, usage } = await client.embeddings.create({
  model: "cloze-starter",
  input: ["a warm film", "a cold day"],
});
console.log(data.map(({ embedding }) => embedding.length)); // [384, 384]
console.log(usage.total_tokens); // 10
