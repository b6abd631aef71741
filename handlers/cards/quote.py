"""A source's own words on a card, with the pieces that were used in bold."""

from collections.abc import Iterable

from handlers.cards.text import WORDS, foreign

_LONGEST_QUOTE = 900


def quoted(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the message with every piece that was used in bold."""
    pieces, at = [], 0
    for start, end in sorted(set(spans)):
        if start < at or end > _LONGEST_QUOTE:
            continue
        pieces += [_plain(text[at:start]), f"<b>{_plain(text[start:end])}</b>"]
        at = end
    pieces.append(_plain(text[at:_LONGEST_QUOTE]))
    return f"<blockquote expandable>{''.join(pieces)}</blockquote>"


def _plain(text: str) -> str:
    """Return a piece of a message line by line, each made safe, its blanks at the ends kept."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    if not line.strip():
        return " " if line else ""
    left = " " if line[:1].isspace() else ""
    right = " " if line[-1:].isspace() else ""
    return f"{left}{foreign(line, WORDS)}{right}"
