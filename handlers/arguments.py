"""What people write behind a command: read, or answered with what was wrong and an example."""

from dataclasses import dataclass

from handlers.cards.text import foreign
from handlers.texts import t


@dataclass(frozen=True, slots=True)
class Wrong:
    """An argument that was not understood, in one line for the person."""

    words: str


def count(written: str | None, usual: int | None, most: int, example: str) -> int | Wrong | None:
    """Return the whole number a person wrote, the usual one where nothing was written."""
    text = (written or "").strip()
    if not text:
        return usual
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most:
        return int(text)
    return Wrong(
        t(
            "✋ <b>{text}</b> is not a whole number from 1 to {most}. Example: "
            "<code>{example}</code>",
            text=foreign(text, 40),
            most=most,
            example=example,
        )
    )


def choice(written: str | None, usual: str, known: dict[str, str], example: str) -> str | Wrong:
    """Return what a word stands for, by any of its known spellings."""
    text = (written or "").strip().casefold()
    if not text:
        return usual
    found = known.get(text)
    if found is not None:
        return found
    names = ", ".join(dict.fromkeys(known.values()))
    return Wrong(
        t(
            "✋ <b>{text}</b> is not one of: {names}. Example: <code>{example}</code>",
            text=foreign(text, 40),
            names=names,
            example=example,
        )
    )
