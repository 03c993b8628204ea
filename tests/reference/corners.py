"""Texts at which an implementation may go astray, for every head and task: the same ones in each script."""

# Jane Austen, Persuasion (1818), chapter 1; in the public domain.
PROSE = (
    "Sir Walter Elliot, of Kellynch Hall, in Somersetshire, was a man who, for his own amusement, never took up any "
    "book but the Baronetage; there he found occupation for an idle hour, and consolation in a distressed one. "
    "Vanity was the beginning and the end of Sir Walter Elliot's character; vanity of person and of situation. He "
    "had been remarkably handsome in his youth; and, at fifty-four, was still a very fine man. Few women could think "
    "more of their personal appearance than he did, nor could the valet of any new made lord be more delighted with "
    "the place he held in society. He considered the blessing of beauty as inferior only to the blessing of a "
    "baronetcy; and the Sir Walter Elliot, who united these gifts, was the constant object of his warmest respect "
    "and devotion. "
)


def fill_up(tokenizer, tokens: int, text: str = PROSE) -> str:
    """A text of just so many tokens, special ones not counted: `text` again and again, cut off."""
    offsets = tokenizer.backend_tokenizer.encode(text * (1 + tokens // 100), add_special_tokens=False).offsets
    return (text * (1 + tokens // 100))[: offsets[tokens - 1][1]]


def corners(tokenizer) -> dict:
    return {
        "empty": "",
        "one token": "cat",
        "white space": " \t\n\u00a0",
        "emoji": "😀🦉👩‍👩‍👧😀",
        "chinese": "安东·契诃夫出生在塔甘罗格。",
        "arabic": "ولد أنطون تشيخوف في تاغانروغ.",
        "right to left": "\u200fשלום Anton \u202eChekhov\u202c \u2067مرحبا\u2069 Moscow\u200e!",
        "512 tokens": fill_up(tokenizer, 510),
    }
