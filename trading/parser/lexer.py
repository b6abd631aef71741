"""Plain text to tokens: words, number clusters, dates, times, links and punctuation."""

import re
from typing import NamedTuple

# Alternatives are tried in order at each place; none nests a quantifier, so the whole is linear.
_TOKEN = re.compile(
    r"""
    \ *+(?:
    (?P<newline>\n)
  | (?P<end>\Z)
  | (?P<plain>(?![hrstw])[^\W\d_]+(?:'[^\W\d_]+)?)
  | (?P<link>https?://\S+|www\.\S+|\bt\.me/\S+|(?<!\w)@[a-z]+\d*_\w+)
  | (?P<date>(?<![\d.,])(?:20\d\d[./-]\d{1,2}[./-]\d{1,2}
                         |\d{1,2}[./-]\d{1,2}[./-]20\d\d)(?![\d.]))
  | (?P<time>(?<![\w.,])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![.,]?\d))
  | (?P<index>(?<=p)\d{1,2}(?=\.\d+\.\d))
  | (?P<ratio>(?<=\()\d{1,2}:\d{1,3}(?:\.\d{1,2})?(?=\)))
  | (?P<num>\d+(?:[.,']\d+)*|(?<![\w.…])\.\d+)
  | (?P<emoji>(?<![^\s:(\[]):[a-z][a-z0-9_+-]{0,40}:)
  | (?P<abbr>(?<!\w)(?:s\ ?[./-]\ ?l|t\ ?[./-]\ ?p|r:r)(?![^\W\d_]))
  | (?P<word>[^\W\d_]+(?:'[^\W\d_]+)?)
  | (?P<mark>(?P<same>[^ ])(?P=same)*)
  )""",
    re.VERBOSE,
)

_KINDS = {"plain": "word", "same": "mark", "index": "num"}
"""Groups that are another kind: a word that cannot open a link, the 1 of "TP1.1.0950"."""
_MENTION_OPENERS = frozenset({"now", "market", "cmp", "entry", "price", "mkt", "level"})


class Token(NamedTuple):
    """A piece of the folded text; ``spaced`` tells whether blank or nothing stands before it."""

    kind: str
    text: str
    start: int
    end: int
    spaced: bool


def tokenise(text: str, most: int) -> list[Token] | None:
    """Cut folded text into tokens, blanks dropped; None where there are more than ``most``."""
    tokens: list[Token] = []
    after_newline = True
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "end"
        if kind == "end":
            break
        piece = match[kind]
        start, end = match.span(kind)
        kind = _KINDS.get(kind, kind)
        spaced = after_newline or start > match.start()
        if kind == "word":
            if not spaced and _is_mention(tokens, piece):
                kind = "link"
                tokens.pop()
        elif kind == "mark":
            piece = piece[0]  # "-----" and "....." say no more than one of them
        elif kind == "abbr":
            kind, piece = "word", piece[0] + piece[-1]
        if len(tokens) == most:
            return None
        tokens.append(Token(kind, piece, start, end, spaced))
        after_newline = kind == "newline"
    return tokens


def _is_mention(tokens: list[Token], word: str) -> bool:
    """Tell whether this word makes the "@" glued before it a person's name."""
    if len(word) < 4 or not tokens or tokens[-1].text != "@":
        return False
    return tokens[-1].spaced and word not in _MENTION_OPENERS and "'" not in word
