"""``python -m bot cases``: every correction people made, as JSON lines a parser is tested by."""

import json
from typing import TextIO

from bot.look import looking
from bot.settings import Settings
from storage.held import cases
from trading.parser import ParsedSignal, Reading
from trading.parser.wire import to_json


def write_cases(settings: Settings, out: TextIO) -> None:
    """Write one line a case: its text, its source, and what the text means."""
    with looking(settings) as connection:
        found = cases(connection)
    for source, text, draft in found:
        reading = Reading(signals=(ParsedSignal(draft, {}),))
        line = {"text": text, "source": source, "signals": to_json(reading)["signals"]}
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
