"""The table of commands: nothing beside it, and everything in it within Telegram's limits."""

import re
from collections.abc import Iterator
from html import escape

import pytest
from aiogram import Router
from aiogram.filters import Command

from handlers import guide
from handlers.cards.text import LIMIT, units
from handlers.commands import COMMANDS, CommandRow, Topic, open_to, refusal, row_of
from handlers.forms import FORMS, forms_of
from handlers.routers import routers
from tests.support.docs import COMMANDS_BEGIN, COMMANDS_END, README, commands_table
from trading.model import Role


def registered() -> Iterator[Command]:
    """Yield every command filter that any router listens to."""
    waiting: list[Router] = list(routers())
    while waiting:
        router = waiting.pop()
        waiting += router.sub_routers
        for handler in router.message.handlers:
            for one in handler.filters or ():
                if isinstance(one.callback, Command):
                    yield one.callback


def test_what_is_registered_is_what_the_table_says() -> None:
    found = [set(one.commands) for one in registered()]
    for names in found:
        row = row_of(str(next(iter(names))))
        assert row is not None, f"{names} has no row: nobody could use it"
        assert names == set(row.names)
    heard = {name for names in found for name in names}
    assert heard == {name for row in COMMANDS for name in row.names}


def test_no_name_means_two_things_and_telegram_takes_every_row() -> None:
    names = [name for row in COMMANDS for name in row.names]
    assert len(names) == len(set(names))
    assert len(COMMANDS) <= 100
    for row in COMMANDS:
        assert all(re.fullmatch(r"[a-z0-9_]{1,32}", name) for name in row.names)
        assert 1 <= len(row.summary) <= 256
        assert row_of(row.example.split()[0]) is row
        assert not row.summary.endswith(".")


def test_a_command_without_a_row_is_refused_to_an_owner_too() -> None:
    assert row_of("format_disk") is None
    assert refusal(None, Role.OWNER, private=True, desk=Role.OWNER) is not None


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_a_row_is_open_to_its_role_and_those_above(row: CommandRow) -> None:
    for role in Role:
        words = refusal(row, role, private=True, desk=role)
        assert (words is None) is role.may(row.role)
        if words is not None:
            assert f"needs the role {row.role}" in words


@pytest.mark.parametrize("role", list(Role))
def test_help_fits_and_names_only_what_the_role_may_say(role: Role) -> None:
    text = guide.answer("", role)
    assert units(text) <= LIMIT
    for row in COMMANDS:
        assert (f"/{row.name}" in re.findall(r"/[a-z_0-9]+", text)) is role.may(row.role)
    for topic in Topic:
        assert units(guide.answer(topic.value, role)) <= LIMIT


def test_help_on_a_command_an_alias_a_topic_and_on_nonsense() -> None:
    assert "/cap daily 5" in guide.answer("cap", Role.VIEWER)
    assert guide.answer("/stopbuy", Role.TRADER) == guide.answer("pause", Role.TRADER)
    assert "you are viewer" in guide.answer("pause", Role.VIEWER)
    assert "/cap daily 5" in guide.answer("limits", Role.OWNER)
    nonsense = guide.answer("<b>nonsense", Role.OWNER)
    assert "&lt;b&gt;nonsense" in nonsense
    assert "/help cap" in nonsense


def test_the_menu_and_the_readme_are_the_table() -> None:
    assert {row.name for row in open_to(Role.OWNER)} == {row.name for row in COMMANDS}
    readme = README.read_text(encoding="utf-8")
    said = readme.partition(COMMANDS_BEGIN)[2].partition(COMMANDS_END)[0].strip()
    assert said == commands_table()


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_help_of_a_command_shows_every_form_of_it(row: CommandRow) -> None:
    text = guide.answer(f"/{row.name}", Role.OWNER)
    assert units(text) <= LIMIT
    for form in forms_of(row):
        assert f"<code>{escape(form)}</code>" in text
        assert row_of(form.split()[0]) is row
    assert set(FORMS) <= {one.name for one in COMMANDS}
