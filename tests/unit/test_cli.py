"""The command line, as a process: exit codes, one line for what is wrong, no traceback."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import metadata
from io import StringIO
from pathlib import Path

import pytest

from bot.cli import main
from bot.instance import hold
from bot.parse_command import parse_lines
from bot.settings import SettingsError, load_settings
from bot.signal_command import NoAnswer, send, sign
from storage.database import prepare

TOKEN = "123456789:" + "AAE_an-invented-token-of-the-right-l"
OURS = ("TELEGRAM_", "TERMINAL_", "HTTP_", "SIGNAL_", "LOG_", "DATABASE_", "RISK_")


def cli(
    folder: Path, *arguments: str, env: dict[str, str] | None = None, stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=plain | (env or {}),
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=90,
    )


def test_bad_settings_exit_2_with_a_line_each_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"TELEGRAM_TOKEN={TOKEN}\nRISK_PERCNT=1\n")
    done = cli(tmp_path, env={"LOG_LEVEL": "loud", "TERMINAL_LOGIN": TOKEN})
    assert done.returncode == 2
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        "RISK_PERCNT",
        "TELEGRAM_OWNER_IDS",
        "TERMINAL_LOGIN",
        "LOG_LEVEL",
    ]
    assert TOKEN not in done.stderr + done.stdout
    assert done.stdout == ""


def test_version_parse_and_backup_do_not_load_the_chat(tmp_path: Path) -> None:
    script = (
        "import sys; from bot.cli import main; code = main(sys.argv[1:]); "
        "sys.exit(code or any(name.startswith('aiogram') for name in sys.modules))"
    )
    prepare(tmp_path / "data.db")
    for arguments in (["parse", "-"], ["backup", "copy.db"]):
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", script, *arguments],
            cwd=tmp_path,
            env=os.environ | {"DATABASE_PATH": "data.db"},
            input=b"",
            capture_output=True,
            check=False,
            timeout=90,
        )
        assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "copy.db").exists()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.strip() == metadata.version("tradedesk")


def test_wrong_arguments_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["dance"], ["demo", "--port", "x"], ["demo", "--speed", "0"], ["backup"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
    assert "is no number above zero" in capsys.readouterr().err


def test_parse_answers_line_by_line(tmp_path: Path) -> None:
    lines = ['{"text": "BUY XAUUSD 2650 SL 2640 TP 2670"}', "nonsense", '{"text": "привет"}']
    done = cli(tmp_path, "parse", "-", stdin="\n".join(lines))
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third = (json.loads(line) for line in done.stdout.splitlines())
    assert first["signals"][0]["symbol"] == "XAUUSD"
    assert second["held"].startswith("line 2 is not JSON with a text key: ")
    assert third == {"signals": [], "update": None, "held": None}


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"[]", b"3", b"{}", b'{"text": 3}', b"\xff", b'{"text": "x"', b"[" * 100_000],
)
def test_a_bad_line_is_held_and_the_next_is_read(line: bytes) -> None:
    out = StringIO()
    parse_lines([line, b'{"text": "hello"}'], out)
    bad, good = (json.loads(answer) for answer in out.getvalue().splitlines())
    assert bad["signals"] == []
    assert bad["held"].startswith("line 1 is not JSON with a text key: ")
    assert good["held"] is None


def test_backup_and_restore(tmp_path: Path) -> None:
    prepare(tmp_path / "bot.db")
    env = {"DATABASE_PATH": "bot.db"}
    assert cli(tmp_path, "backup", "copy.db", env=env).returncode == 0
    again = cli(tmp_path, "backup", "copy.db", env=env)
    assert (again.returncode, again.stderr) == (1, "copy.db exists already: name a new file\n")
    assert cli(tmp_path, "restore", "copy.db", env=env).returncode == 0
    assert (tmp_path / "bot.db.replaced-1").exists()
    with hold(tmp_path / "bot.db"):
        refused = cli(tmp_path, "restore", "copy.db", env=env)
    assert refused.returncode == 3
    assert refused.stderr == f"bot.db is in use by another instance (process {os.getpid()})\n"


def test_a_file_that_is_not_there_exits_1_with_one_line(tmp_path: Path) -> None:
    done = cli(tmp_path, "parse", "missing.jsonl")
    assert done.returncode == 1
    assert done.stderr == "missing.jsonl: No such file or directory\n"


class _Desk(BaseHTTPRequestHandler):
    """Takes a post if its signature fits, and remembers it."""

    seen: "list[tuple[str, bytes]]"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        timestamp = self.headers["X-Signal-Timestamp"]
        fits = self.headers["X-Signal-Signature"] == sign("key", timestamp, body)
        self.seen.append((self.path, body))
        self.send_response(201 if fits else 401)
        self.end_headers()
        self.wfile.write(b'{"signal": 1}' if fits else b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def desk() -> Iterator[int]:
    _Desk.seen = []
    with HTTPServer(("127.0.0.1", 0), _Desk) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_signal_is_signed_and_sent_as_it_is(desk: int) -> None:
    body, out = b'\xef\xbb\xbf{"source": "desk" }\r\n', StringIO()
    for secret, taken in (("key", True), ("other", False)):
        env = {"HTTP_PORT": str(desk), "HTTP_HOST": "0.0.0.0", "SIGNAL_SECRET": secret}  # noqa: S104
        assert send(load_settings(env, None, need_telegram=False), body, out) is taken
    assert _Desk.seen == [("/api/v1/signals", body)] * 2
    assert out.getvalue() == '201 Created\n{"signal": 1}\n401 Unauthorized\n{}\n'


def test_a_signal_needs_the_secret_and_a_running_bot(desk: int) -> None:
    with pytest.raises(SettingsError, match="SIGNAL_SECRET"):
        send(load_settings({}, None, need_telegram=False), b"{}", StringIO())
    nowhere = {"HTTP_PORT": "1", "SIGNAL_SECRET": "key"}
    with pytest.raises(NoAnswer, match=r"no answer from http://127\.0\.0\.1:1/"):
        send(load_settings(nowhere, None, need_telegram=False), b"{}", StringIO())


def test_the_signature_is_what_openssl_makes_of_it() -> None:
    assert sign("key", "1700000000", b"{}") == (
        "9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
    )


def loaded(program: str, *names: str, cwd: Path | None = None) -> str:
    """Run a program of its own process; return which of the names it has loaded at its end."""
    told = f"\nimport sys\nprint(sorted({set(names)!r} & set(sys.modules)))"
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-c", program + told], capture_output=True, text=True, check=True, cwd=cwd
    )
    return done.stdout.strip()


CHAT = ("aiogram", "apscheduler", "handlers", "prometheus_client")
OPTIONAL = (
    *("aiosmtplib", "cryptography", "jinja2", "matplotlib", "psycopg", "rpyc"),
    *("bot.api.routes", "bot.mail.sender", "bot.pages", "bot.replay.engine", "bot.sandbox"),
    *("storage.overview", "storage.postgres", "trading.overview", "trading.terminal.simulated"),
)


def test_what_a_command_does_not_use_it_does_not_import() -> None:
    program = "import bot.cli, bot.check, storage.nightly"
    assert loaded(program, *CHAT, *OPTIONAL, "bot.fleet", "bot.stores", "trading.parser") == "[]"


def test_the_version_needs_no_settings_and_no_chat() -> None:
    program = """
import contextlib
from bot.cli import main
with contextlib.suppress(SystemExit):
    main(["--version"])
"""
    unused = ("aiohttp", "pydantic", "sqlite3", "storage", "structlog", "trading.model")
    assert loaded(program, *CHAT, *OPTIONAL, *unused).splitlines()[-1] == "[]"


def test_a_desk_imports_nothing_of_what_is_switched_off(tmp_path: Path) -> None:
    program = """
import asyncio
from bot.app import open_app
from bot.settings import load_settings

given = {"TELEGRAM_TOKEN": "1:a", "TELEGRAM_OWNER_IDS": "7", "DATABASE_PATH": "d", "HTTP_PORT": "0"}

async def opened():
    async with open_app(load_settings(given, None, need_telegram=True)):
        pass

asyncio.run(opened())
"""
    assert loaded(program, *OPTIONAL, cwd=tmp_path) == "[]"


def test_the_collector_rests_while_the_desk_is_imported_and_works_afterwards() -> None:
    program = """
import gc, sys
from bot.cli import _uncollected
seen = []
gc.callbacks.append(lambda phase, info: seen.append(phase))
with _uncollected():
    import pydantic.main, aiohttp
    assert not seen, seen
assert gc.isenabled() and gc.get_freeze_count() > 10_000
[[] for _ in range(2)]
gc.collect()
assert seen
"""
    assert loaded(program) == "[]"
