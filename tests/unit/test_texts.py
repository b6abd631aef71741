"""The catalogues: every language says everything, with the same numbers in the same places."""

import re
from collections import Counter

import pytest

from bot.sandbox.entities import trimmed
from bot.sandbox.markup_html import parse_html
from handlers.cards import render
from handlers.readers import reading
from handlers.texts import ENGLISH, LANGUAGES, catalogue, retell, t, tell
from tests.support.notices import BREACH, CARD, EVERY, NOW
from tests.support.texts import missing, pages, sentences, stubs
from tests.support.untold import NO_LANGUAGE, bare_words, untold
from trading.drawdown import Cap, describe, parse_cap
from trading.model import Numbers, Reader
from trading.notices import Blind, LoopStalled, Notice
from trading.words import capital, joined, listed, told

EVERY_CAP = [
    cap
    for words in (
        "10",
        "static 500 money",
        "trailing 10 balance lock",
        "daily 5 equity",
        "floor 9000",
    )
    if isinstance(cap := parse_cap(words.split()), Cap)
]
TRANSLATED = sorted(set(LANGUAGES) - {ENGLISH})
_PLACES = re.compile(r"\{\w+\}")
_TAGS = re.compile(r"</?\w+>")
_COMMANDS = re.compile(r"(?<!\w)/[a-z_]+")


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_language_lacks_nothing_and_keeps_nothing_that_is_gone(language: str) -> None:
    assert missing(language) == [], f"add to handlers/languages/{language}.toml:\n{stubs(language)}"
    assert sorted(catalogue(language).keys() - sentences()) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_keeps_places_tags_and_commands(language: str) -> None:
    for english, words in catalogue(language).items():
        assert words.strip(), english
        for pattern in (_PLACES, _TAGS, _COMMANDS):
            assert Counter(pattern.findall(words)) == Counter(pattern.findall(english)), english
        assert words[:1].isspace() == english[:1].isspace(), english


def test_there_is_a_second_language_and_an_unknown_one_reads_english() -> None:
    assert "es" in LANGUAGES
    with reading(Reader(language="tlh")):
        assert t("Approve") == "Approve"
    with reading(Reader(language="es-MX")):
        assert t("Approve") == "Aprobar"


@pytest.mark.parametrize("notice", EVERY, ids=lambda one: one.kind)
@pytest.mark.parametrize("numbers", Numbers)
def test_every_notice_is_whole_for_every_reader(notice: Notice, numbers: Numbers) -> None:
    for language in LANGUAGES:
        with reading(Reader(language, "Asia/Kathmandu", numbers)):
            parsed = trimmed(parse_html(render(notice, NOW).text))
        assert parsed.text
        assert "{" not in parsed.text


@pytest.mark.parametrize(
    ("notice", "words"),
    [
        (CARD, "Responde antes de las 14:45:00 CEST (quedan 15 min)"),
        (BREACH, "LÍMITE DE DRAWDOWN ALCANZADO"),
        (Blind("1001", "no link", NOW, None), "NO SE PUEDE LEER LA CUENTA"),
        (LoopStalled("1001", 61, healed=False), "BUCLE DE OPERATIVA PARADO"),
    ],
    ids=lambda one: getattr(one, "kind", ""),
)
def test_what_matters_most_is_read_in_ones_own_language_and_zone(
    notice: Notice, words: str
) -> None:
    with reading(Reader("es", "Europe/Madrid", Numbers.COMMA)):
        text = trimmed(parse_html(render(notice, NOW).text)).text
    assert words in text
    assert "9.400,00 USD" in text or notice is not CARD


def test_a_service_is_heard_in_the_readers_language_down_to_its_parts() -> None:
    nested = told(
        "{got}: {names}. {example}", got=told("An event is missing"), names="a", example="b"
    )
    assert nested == "An event is missing: a. b"
    with reading(Reader("es")):
        assert tell(nested) == "Falta un evento: a. b"
        assert tell("plain") == "plain"
    assert tell(nested) == "An event is missing: a. b"


def test_no_page_says_anything_in_one_language_alone() -> None:
    assert len(pages()) > 20
    assert {page.name: bare_words(page) for page in pages() if bare_words(page)} == {}


def test_no_words_for_people_go_round_the_catalogue() -> None:
    found = untold()
    for name in sorted(found.keys() | NO_LANGUAGE.keys()):
        beside = found.get(name, set()) - NO_LANGUAGE.get(name, set())
        assert not beside, f"{name}: give these to t(), or list them in tests/support/untold.py"
        gone = NO_LANGUAGE.get(name, set()) - found.get(name, set())
        assert not gone, f"{name}: these are gone, take them out of tests/support/untold.py"


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (
            "trailing 10 % below the equity peak, locks at the initial balance, closes all",
            "trailing 10 % bajo el máximo del capital, se fija en el saldo inicial, cierra todo",
        ),
        ("daily 5 %", "diario 5 %"),
        ("2 held", "2 abiertas"),
        ("0.01 to 1 by 0.01", "0.01 a 1 en pasos de 0.01"),
        ("9,955.60 USD free", "9,955.60 USD libres"),
        ("who held it", "who held it"),
        ("no price is known by that name", "no price is known by that name"),
        ("an update: the stop is at 1.1 already", "una actualización: el stop ya está en 1.1"),
        ("", ""),
    ],
)
def test_a_stored_sentence_is_found_again_down_to_its_parts(stored: str, read: str) -> None:
    with reading(Reader("es")):
        assert retell(stored) == read
    assert retell(stored) == stored


@pytest.mark.parametrize("cap", EVERY_CAP, ids=str)
def test_every_cap_that_was_stored_reads_as_it_does_fresh(cap: Cap) -> None:
    with reading(Reader("es")):
        assert retell(str(describe(cap))) == tell(describe(cap))


def test_parts_keep_their_sentences_and_a_capital_is_kept() -> None:
    words = joined([capital(told("nothing to do")), listed([told("stop"), told("target")])])
    assert words == "Nothing to do\nstop and target"
    with reading(Reader("es")):
        assert tell(words) == "Nada que hacer\nstop y objetivo"
    assert tell(words) == words
