"""Text as people decorate it, made plain: one lower-case alphabet, and the way back.

Every character is folded on its own, so that each folded character knows which original
character it came from; that is what lets a card point at the words a field was read from.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from trading.parser.reading import Span

_DROPPED = frozenset({"Cf", "Mn", "Me"})
_BLANK = frozenset({"Cc", "Cs", "Co", "Cn", "Zs", "Zl", "Zp", "Sk"})
_LINE_ENDS = frozenset("\n\x0b\x0c\x85\u2028\u2029")

_CHECKS = "\u2705\u2714\u2611\u2713\U0001f5f8\U0001f4af\U0001f3c1\U0001f389\U0001f973"
_CROSSES = "\u274c\u2716\u2717\u2718\u274e\U0001f6ab"

_DOUBTS = (
    "\u2753\u2754\u2049\U0001f914\U0001f9d0\U0001f937"
    "\u2620\u26b0\U0001f480\U0001faa6\U0001f921\U0001f602\U0001f923\U0001f605\U0001f622"
    "\U0001f629\U0001f62b\U0001f62c\U0001f62d\U0001f631\U0001f648\U0001f634"
)
"""Question marks, and faces that ask, mock or mourn: they speak of a trade, not for one."""

_SPECIAL = {
    "\u20e3": " ",  # the box of a keycap digit: it ends the digit before it
    "\u066b": ".",
    "\u066c": ",",
    "\u060c": ",",
    "\u061f": "?",
    "\u0640": "",  # tatweel stretches Arabic words and means nothing
    "\u2212": "-",
    "\u2044": "/",
    "\u00b4": "'",
    "\u2018": "'",
    "\u2019": "'",
    "\u2032": "'",
    "\u02bc": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u301c": "~",
    "\u223c": "~",
    "\u0131": "i",
    "\u0111": "d",
    "\u0110": "d",
    "\u0142": "l",
    "\u2122": " ",
    **dict.fromkeys(_DOUBTS, "?"),
    **dict.fromkeys(_CHECKS, "\u2713"),
    **dict.fromkeys(_CROSSES, "\u2717"),
}


@dataclass(frozen=True, slots=True)
class Plain:
    """Folded text with the place in the original of each of its characters."""

    text: str
    origin: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """Return where a piece of the folded text stands in the original text."""
        return self.origin[start], self.origin[end - 1] + 1


def normalise(text: str) -> Plain:
    """Fold a message to plain lower-case text that keeps the way back to the original."""
    if text.isascii() and text.replace("\n", " ").isprintable():
        return Plain(text.lower(), range(len(text)))
    folded = list(map(_fold, text))
    plain = "".join(folded)
    if "" not in folded and len(plain) == len(text):
        return Plain(plain, range(len(text)))
    return Plain(plain, [index for index, piece in enumerate(folded) for _ in piece])


def fold_word(text: str) -> str:
    """Fold a word of the vocabulary the way messages are folded."""
    return "".join(map(_fold, text))


def word_set(listing: str) -> frozenset[str]:
    """Return the words of a blank-separated listing, folded the way messages are."""
    return frozenset(map(fold_word, listing.split()))


@lru_cache(maxsize=8192)
def _fold(char: str) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    if char.isascii():
        return char.lower() if char.isprintable() or char == "\n" else " "
    if char in _LINE_ENDS:
        return "\n"
    category = unicodedata.category(char)
    if category in _DROPPED:
        return ""
    if category in _BLANK:
        return " "
    return _fold_visible(char, category)


def _fold_visible(char: str, category: str) -> str:
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Pd":
        return "-"
    if category == "No":
        # Superscripts and circled digits number things: what follows is another number.
        return unicodedata.normalize("NFKC", char).replace("\u2044", "/") + " "
    if category in {"So", "Sm"}:
        return _fold_symbol(char)
    return _plain_letters(char)


def _fold_symbol(char: str) -> str:
    code = ord(char)
    if 0x2190 <= code <= 0x21FF or 0x2794 <= code <= 0x27BE:
        return ">"
    if 0x1F150 <= code <= 0x1F169:
        return chr(code - 0x1F150 + ord("a"))
    if 0x1F170 <= code <= 0x1F189:
        return chr(code - 0x1F170 + ord("a"))
    if 0x2460 <= code <= 0x24FF or 0x1F100 <= code <= 0x1F14F:
        return _plain_letters(char)
    return " "


def _plain_letters(char: str) -> str:
    decomposed = unicodedata.normalize("NFKD", char).lower()
    return "".join(c for c in decomposed if unicodedata.category(c) not in _DROPPED)
