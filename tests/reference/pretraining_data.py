"""Writes `fixtures/pretraining-data.json`: pairs and masks as google-research/bert makes them.

Follows `create_pretraining_data.py` (Apache License 2.0, The Google AI Language Team Authors) statement by statement,
on ids instead of pieces; what it draws from Python's `random` is drawn from Philox4x32-10 here, so that Cloze draws
the same. Segments and masks have a stream each. Needs nothing but Python:

    python3 tests/reference/pretraining_data.py
"""

import json
from pathlib import Path

PAD, UNK, CLS, SEP, MASK = range(5)
WORDS, PIECES = 40, 60  # ids from WORDS on continue a word
PURPOSES = {"segments": 4, "masks": 5}


class Random:
    """What the original takes from `random.Random`, from Philox4x32-10."""

    def __init__(self, seed, *stream):
        self.key = (seed % 2**32, seed // 2**32 % 2**32)
        self.stream = (list(stream) + [0, 0, 0])[:3]
        self.counter = 0
        self.words = []

    def next(self):
        if not self.words:
            c, (k0, k1) = [self.counter, *self.stream], self.key
            for _ in range(10):
                p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
                c = [p1 >> 32 ^ c[1] ^ k0, p1 % 2**32, p0 >> 32 ^ c[3] ^ k1, p0 % 2**32]
                k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
            self.words = c
            self.counter += 1
        return self.words.pop(0)

    def random(self):
        high = self.next() >> 5
        return (high * 2**26 + (self.next() >> 6)) / 2**53

    def randint(self, low, high):
        n = high - low + 1
        while (word := self.next()) >= 2**32 // n * n:
            pass
        return low + word % n

    def shuffle(self, items):
        for i in reversed(range(1, len(items))):
            j = self.randint(0, i)
            items[i], items[j] = items[j], items[i]


def create_instances_from_document(
    all_documents, document_index, max_seq_length, short_seq_prob, max_predictions_per_seq, whole_word, rng, mask_rng
):
    document = all_documents[document_index]
    max_num_tokens = max_seq_length - 3
    target_seq_length = max_num_tokens
    if rng.random() < short_seq_prob:
        target_seq_length = rng.randint(2, max_num_tokens)
    instances = []
    current_chunk = []
    current_length = 0
    i = 0
    while i < len(document):
        segment = document[i]
        current_chunk.append(segment)
        current_length += len(segment)
        if i == len(document) - 1 or current_length >= target_seq_length:
            if current_chunk:
                a_end = 1
                if len(current_chunk) >= 2:
                    a_end = rng.randint(1, len(current_chunk) - 1)
                tokens_a = []
                for j in range(a_end):
                    tokens_a.extend(current_chunk[j])
                tokens_b = []
                is_random_next = False
                if len(current_chunk) == 1 or rng.random() < 0.5:
                    is_random_next = True
                    target_b_length = target_seq_length - len(tokens_a)
                    for _ in range(10):
                        random_document_index = rng.randint(0, len(all_documents) - 1)
                        if random_document_index != document_index:
                            break
                    random_document = all_documents[random_document_index]
                    random_start = rng.randint(0, len(random_document) - 1)
                    for j in range(random_start, len(random_document)):
                        tokens_b.extend(random_document[j])
                        if len(tokens_b) >= target_b_length:
                            break
                    num_unused_segments = len(current_chunk) - a_end
                    i -= num_unused_segments
                else:
                    is_random_next = False
                    for j in range(a_end, len(current_chunk)):
                        tokens_b.extend(current_chunk[j])
                truncate_seq_pair(tokens_a, tokens_b, max_num_tokens, rng)
                tokens = [CLS, *tokens_a, SEP, *tokens_b, SEP]
                output, positions, labels = create_masked_lm_predictions(
                    tokens, max_predictions_per_seq, whole_word, mask_rng
                )
                instances.append(
                    {
                        "ids": output,
                        "first": len(tokens_a) + 2,
                        "random": int(is_random_next),
                        "positions": positions,
                        "labels": labels,
                    }
                )
            current_chunk = []
            current_length = 0
        i += 1
    return instances


def create_masked_lm_predictions(tokens, max_predictions_per_seq, whole_word, rng):
    cand_indexes = []
    for i, token in enumerate(tokens):
        if token in (CLS, SEP):
            continue
        if whole_word and len(cand_indexes) >= 1 and token >= WORDS:
            cand_indexes[-1].append(i)
        else:
            cand_indexes.append([i])
    rng.shuffle(cand_indexes)
    output_tokens = list(tokens)
    num_to_predict = min(max_predictions_per_seq, max(1, int(round(len(tokens) * 0.15))))
    masked_lms = []
    for index_set in cand_indexes:
        if len(masked_lms) >= num_to_predict:
            break
        if len(masked_lms) + len(index_set) > num_to_predict:
            continue
        for index in index_set:
            if rng.random() < 0.8:
                masked_token = MASK
            elif rng.random() < 0.5:
                masked_token = tokens[index]
            else:
                masked_token = rng.randint(0, PIECES - 1)
            output_tokens[index] = masked_token
            masked_lms.append((index, tokens[index]))
    masked_lms.sort()
    return output_tokens, [index for index, _ in masked_lms], [label for _, label in masked_lms]


def truncate_seq_pair(tokens_a, tokens_b, max_num_tokens, rng):
    while len(tokens_a) + len(tokens_b) > max_num_tokens:
        trunc_tokens = tokens_a if len(tokens_a) > len(tokens_b) else tokens_b
        if rng.random() < 0.5:
            del trunc_tokens[0]
        else:
            trunc_tokens.pop()


def make_documents(rng, count, most_sentences, most_tokens):
    return [
        [
            [rng.randint(UNK, PIECES - 1) for _ in range(rng.randint(1, most_tokens))]
            for _ in range(rng.randint(1, most_sentences))
        ]
        for _ in range(count)
    ]


def main():
    cases = []
    for seed, count, sentences, tokens, length, short, predictions, whole_word in [
        (1, 6, 8, 12, 32, 0.1, 5, False),
        (2**40 + 3, 6, 8, 12, 32, 0.5, 5, True),
        (3, 4, 12, 40, 64, 0.1, 4, True),
        (4, 1, 12, 9, 24, 0.1, 4, False),
        (5, 3, 30, 20, 128, 0.1, 20, False),
        (6, 5, 4, 3, 5, 1, 1, True),
    ]:
        documents = make_documents(Random(seed, 100), count, sentences, tokens)
        cases.append(
            {
                "seed": seed,
                "length": length,
                "shortProbability": short,
                "maxPredictions": predictions,
                "wholeWord": whole_word,
                "documents": documents,
                "examples": [
                    create_instances_from_document(
                        documents,
                        document,
                        length,
                        short,
                        predictions,
                        whole_word,
                        Random(seed, PURPOSES["segments"], 0, document),
                        Random(seed, PURPOSES["masks"], 0, document),
                    )
                    for document in range(count)
                ],
            }
        )
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = specials + [f"w{id}" for id in range(5, WORDS)] + [f"##c{id}" for id in range(WORDS, PIECES)]
    file = Path(__file__).resolve().parents[1] / "fixtures" / "pretraining-data.json"
    file.write_text(json.dumps({"pieces": pieces, "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
