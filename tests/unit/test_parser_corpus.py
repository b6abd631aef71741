"""The parser on the shared collection of real messages: no false trade, no wrong field."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trading.parser import Reading, UpdateKind, parse
from trading.parser.wire import to_json

_CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "signals"

pytestmark = pytest.mark.skipif(
    not (_CORPUS / "messages.jsonl").exists(), reason="the shared corpus of messages is not here"
)

Row = dict[str, Any]


def _rows(name: str) -> list[Row]:
    lines = (_CORPUS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _messages() -> list[Row]:
    return _rows("messages.jsonl")


def _signals(text: str) -> object:
    return to_json(parse(text))["signals"]


def _kinds(reading: Reading) -> set[str]:
    return {kind.value for kind in reading.update.kinds} if reading.update else set()


def test_no_row_that_must_not_trade_becomes_a_signal() -> None:
    false = [row["text"] for row in _messages() if not row["expected"] and _signals(row["text"])]

    assert false == []


def test_no_signal_has_a_wrong_field() -> None:
    wrong = [
        (row["text"], _signals(row["text"]))
        for row in _messages()
        if row["expected"] and _signals(row["text"]) not in ([], [row["expected"]])
    ]

    assert wrong == []


def test_signal_rows_are_covered() -> None:
    rows = [row for row in _messages() if row["expected"]]
    read = [row for row in rows if parse(row["text"]).is_signal]
    print(*_table(rows), sep="\n")  # noqa: T201 -- shown by pytest -s

    assert len(read) >= 0.95 * len(rows)


def test_several_signals_in_one_message_are_covered() -> None:
    rows = _rows("several_in_one.jsonl")
    right = [row for row in rows if _signals(row["text"]) == row["expected_all"]]
    wrong = [row for row in rows if _signals(row["text"]) not in ([], row["expected_all"])]

    assert wrong == []
    assert len(right) >= 0.9 * len(rows)


def test_labelled_kinds_of_updates_are_covered() -> None:
    rows = [row for row in _messages() if row.get("update")]
    labelled = sum(len(row["update"]["kinds"]) for row in rows)
    found = sum(len(_kinds(parse(row["text"])) & set(row["update"]["kinds"])) for row in rows)

    assert found >= 0.9 * labelled


def test_no_close_is_claimed_where_the_label_has_none() -> None:
    closing = {kind.value for kind in UpdateKind if kind.closes}
    wrong = [
        row["text"]
        for row in _messages()
        if (_kinds(parse(row["text"])) - set((row.get("update") or {}).get("kinds", []))) & closing
    ]

    assert wrong == []


def test_fields_of_labelled_updates_are_right() -> None:
    wrong = []
    for row in (row for row in _messages() if row.get("update")):
        update = to_json(parse(row["text"]))["update"] or {}
        assert isinstance(update, dict)
        fields = {key: value for key, value in row["update"].items() if key != "kinds"}
        if update and any(update.get(key) != value for key, value in fields.items()):
            wrong.append((row["text"], update))

    assert wrong == []


def test_every_row_gives_one_kind_of_reading() -> None:
    for row in _messages():
        reading = parse(row["text"])
        assert sum((reading.is_signal, reading.is_update, reading.is_held)) <= 1


def _table(rows: list[Row]) -> Iterator[str]:
    """Lay out how many rows of each source and tag are read right."""
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for row in rows:
        keys = [row["source"].partition(":")[0], *(f"#{tag}" for tag in row["tags"]), "= all"]
        total.update(keys)
        if _signals(row["text"]) == [row["expected"]]:
            right.update(keys)
    for key in sorted(total):
        yield f"{right[key]:4} / {total[key]:<4} {key}"
