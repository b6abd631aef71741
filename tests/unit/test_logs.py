"""Log lines: one stream, one JSON object a line, and no secret in any of them."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from io import StringIO
from urllib.parse import quote

import pytest
import structlog

from bot.logs import configure
from bot.redaction import Redactor
from bot.settings_groups import LogSettings

TOKEN = "123456789:" + "AAE_an-invented-token-of-the-right-l"
PASSWORD = " ".join(['pa"ss\\wörd', "&", "1"])
SECRETS = (TOKEN, PASSWORD)


@contextmanager
def logging_to(form: str, level: str = "DEBUG") -> Iterator[StringIO]:
    """Log into a buffer, and leave the process's logging and hooks as they were."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, sys.unraisablehook)
    stream = StringIO()
    try:
        configure(LogSettings.model_validate({"format": form, "level": level}), SECRETS, stream)
        yield stream
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        sys.excepthook, sys.unraisablehook = before[2:]
        logging.captureWarnings(False)
        structlog.reset_defaults()


def assert_clean(text: str) -> None:
    spellings = {
        TOKEN,
        TOKEN.partition(":")[2],
        quote(TOKEN, safe=""),
        PASSWORD,
        json.dumps(PASSWORD)[1:-1],
        repr(PASSWORD)[1:-1],
    }
    assert not [spelling for spelling in spellings if spelling in text]
    assert "***" in text


def fail() -> None:
    raise ValueError(f"inner {PASSWORD}")


def fail_in_a_chain() -> None:
    try:
        fail()
    except ValueError as error:
        raise RuntimeError(f"POST https://api.telegram.org/bot{TOKEN}/getMe") from error


class Careless:
    def __repr__(self) -> str:
        return f"Careless({PASSWORD!r})"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError(PASSWORD)


def say_everything() -> None:
    library = logging.getLogger("some.library")
    library.warning("POST /bot%s/sendMessage with %r", TOKEN, PASSWORD)
    library.warning("extra", extra={"held": Careless()})
    try:
        fail_in_a_chain()
    except RuntimeError:
        library.exception("failed with %s", Careless())
        structlog.get_logger("ours").exception("failed", password=PASSWORD)
    group = ExceptionGroup("several", [ValueError(PASSWORD), KeyError(TOKEN)])
    library.error("group", exc_info=group)
    with structlog.contextvars.bound_contextvars(update_id=7, seen=TOKEN):
        structlog.get_logger("ours").info(
            "nested", deep={"a": [PASSWORD, {TOKEN: Careless()}]}, pair=(1, b"x"), at=Broken()
        )
    structlog.get_logger("ours").info("numbers", price=Decimal("1.10"), bad=float("nan"))


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_in_any_line(form: str) -> None:
    with logging_to(form) as stream:
        say_everything()
    assert_clean(stream.getvalue())


def test_each_line_is_a_json_object_with_its_context() -> None:
    with logging_to("json") as stream:
        say_everything()
    lines = [
        json.loads(line, parse_constant=pytest.fail) for line in stream.getvalue().split("\n")[:-1]
    ]
    assert all({"event", "level", "logger", "timestamp"} <= line.keys() for line in lines)
    nested = next(line for line in lines if line["event"] == "nested")
    assert (nested["update_id"], nested["seen"]) == (7, "***")
    assert nested["deep"]["a"][0] == "***"
    failed = next(line for line in lines if line["event"].startswith("failed"))
    assert "inner ***" in failed["exception"]
    assert "/bot***/getMe" in failed["exception"]
    assert next(line for line in lines if line["event"] == "numbers")["price"] == "1.10"


def test_libraries_are_quiet() -> None:
    with logging_to("json") as stream:
        for name in ("aiogram.dispatcher", "apscheduler.executors.default", "aiosqlite"):
            logging.getLogger(name).info("chatter")
        logging.getLogger("aiohttp.access").error("GET /health/live")
        logging.getLogger("aiogram.event").warning("kept")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["kept"]


def test_the_level_holds() -> None:
    with logging_to("json", "WARNING") as stream:
        structlog.get_logger("ours").info("hidden")
        logging.getLogger("any").info("hidden")
    assert stream.getvalue() == ""


def test_arguments_that_do_not_fit_are_told_masked() -> None:
    with logging_to("json") as stream:
        logging.getLogger("any").warning(f"one place %s %s {PASSWORD}", TOKEN)  # noqa: G004
    assert_clean(stream.getvalue())


def test_what_looks_like_a_token_is_masked_unknown() -> None:
    redact = Redactor()
    assert redact(f"see {TOKEN}.") == "see ***."
    assert redact("/bot1:short/getMe and /bot1%3Ashort/x") == "/bot***/getMe and /bot***/x"
    assert redact("at 12:30:00, 1:2 odds, id 123456789") == "at 12:30:00, 1:2 odds, id 123456789"


UNCAUGHT = f"""
import asyncio, threading
from bot.logs import configure
from bot.settings_groups import LogSettings
configure(LogSettings(format="json"), [{TOKEN!r}, {PASSWORD!r}])

class Dying:
    def __del__(self):
        raise ValueError({TOKEN!r})

Dying()
thread = threading.Thread(target=lambda: 1 / len({PASSWORD!r}) + [][{TOKEN!r}], name="second")
thread.start()
thread.join()

async def forgotten():
    asyncio.get_running_loop().call_exception_handler(
        {{"message": "lost", "exception": ValueError({PASSWORD!r})}}
    )
    raise RuntimeError({TOKEN!r}) from ValueError({PASSWORD!r})

asyncio.run(forgotten())
"""


def test_tracebacks_that_python_writes_itself_are_masked() -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "ignore::SyntaxWarning", "-c", UNCAUGHT],
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 1
    assert_clean(done.stdout)
    assert_clean(done.stderr)
    assert "RuntimeError: ***" in done.stderr
    assert "Exception in second" in done.stderr
    assert [json.loads(line)["level"] for line in done.stdout.splitlines()] == ["error"]
