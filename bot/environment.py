"""Names and texts of settings before they mean anything: the ``.env`` file, and typing errors."""

import codecs
import io
import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from dotenv.parser import parse_stream

_ALIKE = 0.87
"""From here two names are one name with a typing error: TERMINAL_EMULATOR, a desktop's own
variable, is 0.73 from TERMINAL_PATH; TELEGRAM_BOT_TOKEN is 0.875 from TELEGRAM_TOKEN."""

_STRICT_PREFIXES = ("TELEGRAM_", "TERMINAL_", "RISK_", "SIGNAL_", "HEARTBEAT_", "DRAWDOWN_")
"""Prefixes that other programs' variables rarely have."""


def read_dotenv(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return the names and values of a ``.env`` file, and a line for each thing wrong in it.

    A file that is not there is empty; a value stands for itself, ``$NAME`` in it too.
    """
    try:
        text = _decode(path.read_bytes())
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [f"{path.name}: cannot be read: {error.strerror or 'unreadable'}"]
    except UnicodeDecodeError:
        return {}, [f"{path.name}: is not UTF-8 text"]
    values: dict[str, str] = {}
    problems: list[str] = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            problems.append(f"{path.name}: line {_first_line(binding.original)} is not NAME=value")
        elif binding.key is not None:
            values[binding.key.upper()] = binding.value or ""
    return values, problems


def _first_line(original: object) -> int:
    """Return where a statement starts: the parser counts the empty lines before it to it."""
    text = str(getattr(original, "string", ""))
    blank = len(text) - len(text.lstrip())
    return int(getattr(original, "line", 1)) + text[:blank].count("\n")


def _decode(raw: bytes) -> str:
    """Read what Windows editors and PowerShell write as well as plain UTF-8."""
    is_utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return raw.decode("utf-16" if is_utf16 else "utf-8-sig")


def unknown_in_file(names: Iterable[str], known: Collection[str], file: str) -> list[str]:
    """Return a line for each name that has one of our prefixes, or nearly our name, and is none."""
    prefixes = tuple({f"{name.partition('_')[0]}_" for name in known})
    return [
        f"{name}: is no setting of this program ({file}){_hint(name, known, 0.6)}"
        for name in names
        if name not in known and (name.startswith(prefixes) or _close(name, known, _ALIKE))
    ]


def unknown_in_environment(env: Mapping[str, str], known: Collection[str]) -> list[str]:
    """Return a line for each variable that looks like one of our names with a typing error."""
    return [
        f"{name}: is no setting of this program (environment){_hint(name, known, _ALIKE)}"
        for name in env
        if name not in known
        and re.match("|".join(_STRICT_PREFIXES), name)
        and _close(name, known, _ALIKE)
    ]


def _hint(name: str, known: Collection[str], alike: float) -> str:
    close = _close(name, known, alike)
    return f"; did you mean {close}?" if close else ""


def _close(name: str, known: Collection[str], alike: float) -> str | None:
    return next(iter(get_close_matches(name, sorted(known), 1, alike)), None)
