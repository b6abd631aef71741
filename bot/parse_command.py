"""``python -m bot parse``: the signal parser alone, one JSON line out for each line in."""

import json
from collections.abc import Iterable
from typing import TextIO

from trading.parser import parse
from trading.parser.wire import to_json


def parse_lines(lines: Iterable[bytes], out: TextIO) -> None:
    """Write the reading of each line as soon as it is there; a bad line is a held message."""
    for number, line in enumerate(lines, start=1):
        answer = _read(line, number)
        out.write(f"{json.dumps(answer, ensure_ascii=False)}\n")
        out.flush()


def _read(line: bytes, number: int) -> dict[str, object]:
    try:
        text = _text_of(line)
    except (ValueError, RecursionError) as error:
        why = f"line {number} is not JSON with a text key: {error}"
        return {"signals": [], "update": None, "held": why}
    return to_json(parse(text))


def _text_of(line: bytes) -> str:
    message = json.loads(line.decode("utf-8-sig"))
    if not isinstance(message, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - to the caller, one kind of bad line
    text = message.get("text")
    if not isinstance(text, str):
        raise ValueError("its text is missing" if text is None else "its text is no string")  # noqa: TRY004
    return text
