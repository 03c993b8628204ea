from huggingface_hub import InferenceClient

url = "http://127.0.0.1:8787/hf/"

client = InferenceClient(url + "text-classification")
best, *others = client.text_classification("a warm , funny film")
print(best.label, round(best.score, 4))  # positive 0.9997

client = InferenceClient()  # token="…", where the service asks for a key
context = "The play was written by Anton Chekhov in 1896."
found = client.question_answering("Who wrote it?", context, model=url + "question-answering")
print(found.answer, context[found.start : found.end])  # Anton Chekhov Anton Chekhov

filled = client.fill_mask("He closed the [MASK] behind him.", top_k=1, model=url + "fill-mask")
print(filled[0].sequence)  # he closed the door behind him.
