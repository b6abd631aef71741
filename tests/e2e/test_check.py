"""``python -m bot check`` over the strict stand-in: words that tell a person what to press."""

from pathlib import Path

import pytest

from bot.check import check
from bot.sandbox import Sandbox
from bot.settings import load_settings
from tests.support.strict.MetaTrader5._book import FOLDER, Book
from tests.support.strict_desk import local, strict_environment

CASES: dict[str, tuple[dict[str, str], dict[str, object], tuple[str, ...]]] = {
    "well": (
        {},
        {},
        ("ok   terminal account: logged in to 5001", "UTC+3 h", "margin mode: hedging"),
    ),
    "wrong password": (
        {"TERMINAL_PASSWORD": "wrong", "TERMINAL_LOGIN": "5002"},
        {"accounts": {
            "5001": {"password": "right", "server": "Strict-Demo"},
            "5002": {"password": "other", "server": "Strict-Demo"},
        }},
        ("FAIL terminal worker", "login of 5002 at Strict-Demo", "check TERMINAL_LOGIN"),
    ),
    "wrong server": (
        {"TERMINAL_SERVER": "Strict-Live"},
        {},
        ("FAIL terminal worker", "5001 at Strict-Live", "TERMINAL_SERVER"),
    ),
    "buttons": (
        {},
        {"terminal": {"trade_allowed": False}, "account": {"trade_allowed": False}},
        ("FAIL terminal autotrading", "press the AutoTrading button", "not the investor one"),
    ),
    "never logged in": (
        {},
        {"unattached": "yes"},
        ("ok   terminal account: logged in to 5001",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_the_check_tells_what_to_press(
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changes, control, expected = CASES[name]
    Book(tmp_path).set(**control)
    worker = local(tmp_path)
    for variable in ("PYTHONPATH", FOLDER):
        monkeypatch.setenv(variable, worker.pop(variable))
    async with Sandbox() as sandbox:
        given = strict_environment(tmp_path, sandbox.url) | worker | changes
        code = await check(load_settings(given, None, need_telegram=True))
    said = capsys.readouterr().out
    for words in expected:
        assert words in said, said
    assert "right" not in said.replace("not the investor one", "")
    assert (code == 0) is ("FAIL" not in said)
