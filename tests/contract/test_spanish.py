"""Whoever reads Spanish meets no English, whatever form of a command they say."""

import re
from html import unescape
from pathlib import Path

from handlers.commands import COMMANDS, Topic
from handlers.forms import forms_of
from tests.support.rights_desk import rights_desk
from trading.model import Role

_ENGLISH = re.compile(
    r"\b(the|is|are|was|not|your|you|which|with|this|that|of|and|by|to|at|deal|filled|sent|held)\b",
    re.IGNORECASE,
)
_TYPED = re.compile(r"<code>.*?</code>|/\w+|«.*?»", re.DOTALL)
"""What is typed is the same in every language."""
_ONE_FOR_ALL = frozenset({"audit", "help"})
"""The trail is English, and help shows what is typed."""


async def test_who_reads_spanish_meets_no_english(tmp_path: Path) -> None:
    async with rights_desk(tmp_path) as desk:
        place = desk.places[0]
        owner = place.people[Role.OWNER].telegram_id
        await desk.says(owner, "/settings language es")
        for row in COMMANDS:
            if row.name in _ONE_FOR_ALL:
                continue
            for form in (*forms_of(row), f"/{row.name} zzz", f"/{row.name} @zzz"):
                said = re.sub(r"\b5012345\b", str(place.login), form)
                said = re.sub(r"\b1234\b", str(place.ticket), said).replace("1.0950", "1.0550")
                if row.topic is Topic.SIGNALS:
                    said = re.sub(r" 2\b", " 1", said).replace(" 12", f" {place.signal}")
                if "language" in said:
                    continue
                answer = _TYPED.sub(" ", unescape(await desk.says(owner, said)))
                assert not _ENGLISH.findall(answer), f"{said} → {answer}"
