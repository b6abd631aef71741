"""The command line: arguments in, an exit code out; each command imports what it needs itself.

0 a normal stop, 2 bad settings or arguments, 3 another instance holds the database, 1 anything
else. Nothing else in the tree reads the process's environment.
"""

import argparse
import asyncio
import contextlib
import gc
import io
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bot.replay.arguments import add_arguments
from trading.errors import DatabaseInUse, DatabaseUnusable

if TYPE_CHECKING:
    from bot.settings import Settings

OK, FAILED, BAD_SETTINGS, IN_USE = 0, 1, 2, 3

_log = logging.getLogger(__name__)


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; a person sees one line for what went wrong."""
    _speak_utf8()
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the exit would fail too
        return FAILED
    except KeyboardInterrupt:
        return FAILED
    except Exception as error:  # noqa: BLE001 - the edge of the process: a line instead of a trace
        return _explain(error, arguments.secrets)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot", description=metadata.metadata("tradedesk")["Summary"]
    )
    parser.add_argument("--version", action="version", version=metadata.version("tradedesk"))
    parser.set_defaults(command=_run, secrets=())
    commands = parser.add_subparsers(title="commands", metavar="")
    commands.add_parser("run", help="the bot, by its settings (the default)")
    demo = commands.add_parser("demo", help="a chat in the browser, simulated trading, no token")
    demo.add_argument("--port", type=_port, default=8088, help="of the chat page (default: 8088)")
    demo.add_argument("--ticks", type=Path, metavar="FILE", help="recorded prices to replay")
    demo.add_argument(
        "--speed", type=_above_zero, metavar="N", help="replay speed, 1 = as recorded"
    )
    demo.add_argument(
        "--autopilot",
        type=_above_zero,
        metavar="SECONDS",
        help="play a person too, then say what came",
    )
    demo.set_defaults(command=_demo)
    check = commands.add_parser("check", help="settings, database, terminal, Telegram: a line each")
    check.set_defaults(command=_check)
    signal = commands.add_parser("signal", help="sign a JSON signal and post it to the running bot")
    signal.add_argument("file", metavar="FILE|-")
    signal.set_defaults(command=_signal)
    parse = commands.add_parser("parse", help="the signal parser alone: JSON lines in and out")
    parse.add_argument("file", metavar="FILE|-")
    parse.set_defaults(command=_parse)
    key = commands.add_parser("key", help="print a new ACCOUNTS_KEY")
    key.set_defaults(command=_key)
    rekey = commands.add_parser("rekey", help="seal members' passwords under a new ACCOUNTS_KEY")
    rekey.set_defaults(command=_rekey)
    replay = commands.add_parser("replay", help="signals over recorded prices: what would happen")
    add_arguments(replay)
    replay.set_defaults(command=_replay)
    cases = commands.add_parser("cases", help="what people corrected, as JSON lines to test by")
    cases.set_defaults(command=_cases)
    backup = commands.add_parser("backup", help="copy the database to a new file, running or not")
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.set_defaults(command=_backup)
    drill = commands.add_parser("drill", help="prove that a backup can be restored (the newest)")
    drill.add_argument("file", type=Path, metavar="FILE", nargs="?")
    drill.set_defaults(command=_drill)
    restore = commands.add_parser("restore", help="put a backup in the database's place")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.set_defaults(command=_restore)
    move = commands.add_parser("move", help="carry the database file to the server of DATABASE_URL")
    move.set_defaults(command=_move)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments, need_telegram=True)
    _start_log(settings)
    with _uncollected():
        from bot import app  # noqa: PLC0415 - each command imports what it needs
        from bot.terminals import check_ticks  # noqa: PLC0415

    check_ticks(settings)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(app.run(settings, os.environ.get("NOTIFY_SOCKET")))
    return OK


def _demo(arguments: argparse.Namespace) -> int:
    with _uncollected():
        from bot import demo  # noqa: PLC0415

    try:
        return demo.main(arguments)
    except KeyboardInterrupt:
        return OK


def _check(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments, need_telegram=True)
    _start_log(settings, "ERROR")  # its answer is lines of its own
    from bot import check  # noqa: PLC0415

    return check.main(settings)


def _signal(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    from bot.signal_command import send  # noqa: PLC0415

    with _opened(arguments.file) as source:
        body = source.read()
    return OK if send(settings, body, sys.stdout) else FAILED


def _parse(arguments: argparse.Namespace) -> int:
    from bot.parse_command import parse_lines  # noqa: PLC0415

    with _opened(arguments.file) as source:
        parse_lines(source, sys.stdout)
    return OK


def _key(_arguments: argparse.Namespace) -> int:
    from bot.vault import new_key  # noqa: PLC0415

    sys.stdout.write(f"{new_key()}\n")
    return OK


def _rekey(arguments: argparse.Namespace) -> int:
    from bot.rekey_command import rekey  # noqa: PLC0415

    count = rekey(_settings(arguments))
    sys.stdout.write(f"{count} passwords sealed under ACCOUNTS_KEY; ACCOUNTS_OLD_KEY may go\n")
    return OK


def _replay(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    _start_log(settings, "ERROR")  # its answer is a table, or JSON, on the standard output
    from bot.replay import command  # noqa: PLC0415

    return command.main(arguments, settings)


def _cases(arguments: argparse.Namespace) -> int:
    from bot.cases_command import write_cases  # noqa: PLC0415

    write_cases(_settings(arguments), sys.stdout)
    return OK


def _backup(arguments: argparse.Namespace) -> int:
    from storage.backup import backup  # noqa: PLC0415

    database = _file(arguments).database_path
    backup(database, arguments.file)
    sys.stdout.write(f"{database} copied to {arguments.file}, integrity checked\n")
    return OK


def _drill(arguments: argparse.Namespace) -> int:
    from storage import nightly  # noqa: PLC0415

    settings = _file(arguments)
    database = settings.database_path
    folder = settings.data.backup_folder or database.parent / "backups"
    copy = arguments.file or next(reversed(nightly.copies(folder, database)), None)
    if copy is None:
        sys.stderr.write(f"{folder} holds no nightly copy of {database.name}: name a file\n")
        return FAILED
    found = nightly.drill(copy)
    rows = ", ".join(f"{count} {table}" for table, count in found.rows.items())
    last = "never" if found.last_written is None else f"{found.last_written:%Y-%m-%d %H:%M:%S} UTC"
    sys.stdout.write(
        f"{copy} restores: schema {found.schema}, integrity checked\n{rows}\nlast sample: {last}\n"
    )
    return OK


def _restore(arguments: argparse.Namespace) -> int:
    from bot.instance import hold  # noqa: PLC0415
    from storage.backup import restore  # noqa: PLC0415

    database = _file(arguments).database_path
    with hold(database):
        replaced = restore(arguments.file, database)
    kept = f"; what was there is {replaced}" if replaced else ""
    sys.stdout.write(f"{database} restored from {arguments.file}, integrity checked{kept}\n")
    return OK


def _move(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    from bot.move_command import move  # noqa: PLC0415

    counts, aside = move(settings)
    rows = ", ".join(f"{count} {table}" for table, count in counts.items() if count)
    sys.stdout.write(
        f"{settings.database_path} moved to the server: {rows}\n"
        f"the file is now {aside}; start the bot with the same DATABASE_URL\n"
    )
    return OK


def _settings(arguments: argparse.Namespace, *, need_telegram: bool = False) -> "Settings":
    """Read the settings, and leave their secrets where the last error line is masked by them."""
    from bot.settings import load_settings  # noqa: PLC0415

    settings = load_settings(os.environ, Path(".env"), need_telegram=need_telegram)
    arguments.secrets = settings.secrets()
    return settings


def _file(arguments: argparse.Namespace) -> "Settings":
    """Read the settings for a command that is for a database in a file alone."""
    from bot.look import only_a_file  # noqa: PLC0415

    settings = _settings(arguments)
    only_a_file(settings)
    return settings


def _start_log(settings: "Settings", level: str | None = None) -> None:
    from bot.logs import configure  # noqa: PLC0415

    log = settings.log.model_copy(update={"level": level}) if level else settings.log
    configure(log, settings.secrets())


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Import without the garbage collector, and leave to it nothing of what was imported.

    Modules define and throw nothing away, while each full collection walks all of aiogram's models:
    a sixth of the time that a bare import of aiogram takes.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextlib.contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """Open a file for its bytes; ``-`` is the standard input."""
    if name == "-":
        yield sys.stdin.buffer
        return
    with Path(name).open("rb") as source:
        yield source


def _explain(error: Exception, secrets: Sequence[str]) -> int:
    """Say on stderr what went wrong, a line each, and return the exit code it stands for."""
    from bot.redaction import Redactor  # noqa: PLC0415
    from bot.settings import SettingsError  # noqa: PLC0415

    leaves = list(_leaves(error))
    code: int = FAILED
    lines: tuple[str, ...] = (_words(leaves[0]),)
    for leaf in leaves:
        match leaf:
            case SettingsError():
                code, lines = BAD_SETTINGS, leaf.problems
            case DatabaseUnusable():
                code, lines = BAD_SETTINGS, (f"DATABASE_PATH: {leaf}",)
            case DatabaseInUse():
                code, lines = IN_USE, (str(leaf),)
    redact = Redactor(secrets)
    sys.stderr.writelines(f"{redact(line)}\n" for line in lines)
    _log.debug("stopped by an error", exc_info=error)
    return code


def _leaves(error: Exception) -> Iterator[Exception]:
    if isinstance(error, ExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    told = " ".join(str(error).split())
    is_ours = any(parent.__name__ == "TradeDeskError" for parent in type(error).__mro__)
    return told if told and is_ours else f"{type(error).__name__}: {told}".rstrip(": ")


def _speak_utf8() -> None:
    """Let every console and pipe take any character, on Windows too."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _port(text: str) -> int:
    if not (text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port (0 to 65535)")
    return int(text)


def _above_zero(text: str) -> Decimal:
    with contextlib.suppress(InvalidOperation):
        number = Decimal(text)
        if number.is_finite() and number > 0:
            return number
    raise argparse.ArgumentTypeError(f"{text!r} is no number above zero")
