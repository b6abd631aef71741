"""How the parts of the desk look in the chat: what is unwell first, each with its age."""

from collections.abc import Iterable
from html import escape
from typing import Protocol

from handlers.cards.text import foreign, span
from handlers.texts import later, retell, t

_WORDS = 90


_PARTS = {
    "outbox": later("outbox"),
    "members": later("members"),
    "telegram": later("telegram"),
    "database": later("database"),
    "terminal": later("terminal"),
    "loop": later("loop"),
    "ticks": later("ticks"),
    "event_loop": later("event loop"),
    "entries": later("entries"),
    "disk": later("disk"),
    "integrity": later("integrity"),
    "backup": later("backup"),
    "ping": later("ping"),
}


def part_words(name: str) -> str:
    """Return what a part of the desk is called; one that is not known keeps its name."""
    return t(_PARTS[name]) if name in _PARTS else retell(name.replace("_", " "))


class SeenPart(Protocol):
    """One part of the desk, as a probe saw it."""

    @property
    def name(self) -> str: ...

    @property
    def ok(self) -> bool: ...

    @property
    def age_seconds(self) -> float | None: ...

    @property
    def words(self) -> str: ...


def health(parts: Iterable[SeenPart]) -> str:
    """Return every part, a line each."""
    seen = list(parts)
    unwell = [part for part in seen if not part.ok]
    head = t("🟢 <b>All parts are well</b>")
    if unwell:
        names = ", ".join(dict.fromkeys(escape(part_words(part.name)) for part in unwell))
        head = t("🔴 <b>Not well: {names}</b>", names=names)
    lines = [_line(part) for part in sorted(seen, key=lambda part: part.ok)]
    tail = t("Not well? The log says why; positions rest on their stops at the broker.")
    return "\n".join([head, *lines, *([f"<i>{tail}</i>"] if unwell else [])])


def _line(part: SeenPart) -> str:
    mark = "✅" if part.ok else "❌"
    age = "" if part.age_seconds is None else f" · {_age(part.age_seconds)}"
    name = escape(part_words(part.name))
    return f"{mark} <b>{name}</b>: {foreign(retell(part.words), _WORDS)}{age}"


def _age(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{span(seconds)}"
