"""Words in the reader's language: the English sentence in the code is the key of a catalogue.

A language is one file, ``handlers/languages/<code>.toml``: its own name, and every English
template with its translation. A test finds the templates in the code and fails on a missing one.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Final

from handlers.readers import reader
from trading.words import Told

ENGLISH: Final = "en"


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

    The values are safe HTML already, as everything foreign in a card is.
    """
    words = catalogue(reader().language).get(template, template)
    return words.format_map(values) if values else words


def tell(words: str) -> str:
    """Return what a service says in the reader's language; plain text is returned as it is."""
    if not isinstance(words, Told):
        return words
    return t(words.template, **{name: _value(value) for name, value in words.values.items()})


def _value(value: object) -> object:
    return tell(value) if isinstance(value, str) else value


def later(template: str) -> str:
    """Mark a sentence of a table as one to be translated where the table is used."""
    return template


LANGUAGES: Final = languages()
