"""The vocabulary that Hugging Face's trainer learns: vocab.py OUT FILE.gz…   (pip install tokenizers)"""

import gzip
import sys

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

out, *files = sys.argv[1:]


def lines():
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as text:
            yield from text


tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
trainer = trainers.WordPieceTrainer(
    vocab_size=30522,
    min_frequency=2,
    limit_alphabet=1000,
    special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
    show_progress=False,
)
tokenizer.train_from_iterator(lines(), trainer)
pieces = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
with open(out, "w", encoding="utf-8") as file:
    file.writelines(f"{piece}\n" for piece, _ in pieces)
