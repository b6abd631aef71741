"""Words in the reader's language: the English sentence in the code is the key of a catalogue.

A language is one file, ``handlers/languages/<code>.toml``: its own name, and every English
template with its translation. A test finds the templates in the code and fails on a missing one.
"""

import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

from handlers.readers import reader
from trading.words import Told, capital

ENGLISH: Final = "en"
_PLACE: Final = re.compile(r"\{(\w+)\}")
_FIGURE: Final = r"[-+]?[0-9][0-9.,]*(?: [A-Z]{3})?"
_FEWEST_LETTERS: Final = 2
_OWN_LETTERS: Final = 5
"""A sentence with fewer letters of its own would fit too much."""


@cache
def _files() -> dict[str, dict[str, object]]:
    folder = resources.files("handlers") / "languages"
    found = (one for one in folder.iterdir() if one.name.endswith(".toml"))
    return {
        one.name.removesuffix(".toml"): tomllib.loads(one.read_text(encoding="utf-8"))
        for one in sorted(found, key=lambda one: one.name)
    }


def languages() -> dict[str, str]:
    """Return every language by its code, under its own name."""
    return {ENGLISH: "English", **{code: str(file["name"]) for code, file in _files().items()}}


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the translations of a language; none for English and for one without a file."""
    file = _files().get(language.partition("-")[0].casefold())
    texts = {} if file is None else file["texts"]
    assert isinstance(texts, dict)
    return texts


def t(template: str, /, **values: object) -> str:
    """Return a sentence in the reader's language, with its values in their places.

    The values are safe HTML already, as everything foreign in a card is. A value of a closed list
    is said in the reader's language too, where the catalogue knows it.
    """
    known = catalogue(reader().language)
    words = known.get(template, template)
    if not values:
        return words
    return words.format_map(
        {
            name: known.get(one.value, one) if isinstance(one, StrEnum) else one
            for name, one in values.items()
        }
        if known
        else values
    )


def tell(words: str) -> str:
    """Return what a service says in the reader's language; plain text is returned as it is."""
    if not isinstance(words, Told) or not catalogue(reader().language):
        return words
    said = t(words.template, **{name: _value(value) for name, value in words.values.items()})
    return capital(said) if words[:1].isupper() else said


def _value(value: object) -> object:
    return tell(value) if isinstance(value, str) else value


def retell(words: str) -> str:
    """Return words that were stored, in the reader's language.

    A stored sentence has lost its template: it is found again as the one that fits it whole, and
    so are its parts. What fits none is returned as it is.
    """
    if isinstance(words, Told):
        return tell(words)
    if not words or not catalogue(reader().language):
        return words
    return _found(words) or words


def _found(words: str) -> str | None:
    exact = catalogue(reader().language).get(words)
    if exact is not None:
        return exact
    for between in ("; ", ", "):
        parts = words.split(between)
        if len(parts) > 1:
            known = [_found(part) for part in parts]
            if all(known):
                return between.join(filter(None, known))
    for template, own, pattern in _patterns(reader().language):
        match = pattern.fullmatch(words) if own in words else None
        if match is not None:
            return t(template, **{name: retell(part) for name, part in match.groupdict().items()})
    return None


@cache
def _patterns(language: str) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Return the sentences with places, those with the most words of their own first."""
    found = []
    for template in catalogue(language):
        pieces = _PLACE.split(template)
        own = sum(map(str.isalpha, "".join(pieces[::2])))
        needed = _OWN_LETTERS if all(pieces[2:-1:2]) else 2 * _OWN_LETTERS  # places that touch
        if len(pieces) == 1 or "<" in template or own < _FEWEST_LETTERS:
            continue
        longest = max(pieces[::2], key=len)
        # What has few letters of its own fits figures alone.
        place = "." if own >= needed else None
        found.append((own, template, longest, re.compile(_pattern(pieces, place), re.DOTALL)))
    found.sort(key=lambda one: -one[0])
    return tuple((template, longest, pattern) for _, template, longest, pattern in found)


def _pattern(pieces: list[str], place: str | None) -> str:
    named: set[str] = set()
    pattern = ""
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            pattern += re.escape(piece)
        elif piece in named:
            pattern += f"(?P={piece})"
        else:
            named.add(piece)
            optional = at > 1 and not pieces[at - 1]  # one that touches another may be empty
            fits = _FIGURE if place is None else f"{place}{'*' if optional else '+'}?"
            pattern += f"(?P<{piece}>{fits})"
    return pattern


def later(template: str) -> str:
    """Mark a sentence of a table as one to be translated where the table is used."""
    return template


LANGUAGES: Final = languages()
