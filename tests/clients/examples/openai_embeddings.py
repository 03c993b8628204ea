from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:8787/v1", api_key="none")
answer = client.embeddings.create(model="cloze-starter", input=["a warm film", "a cold day"])
print([len(one.embedding) for one in answer.data], answer.usage.total_tokens)  # [384, 384] 10
