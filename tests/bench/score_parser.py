"""How the parser reads a labelled collection: ``python -m tests.bench.score_parser [FOLDER]``.

Exit code 1 where a message that must not trade became a signal, a field was read wrong, or a
close was claimed that the label does not have; coverage is printed and judged by the reader.
"""

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trading.parser import UpdateKind, parse
from trading.parser.wire import to_json

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "data" / "signals"
UNSEEN = Path(__file__).resolve().parents[1] / "corpus" / "unseen_messages.jsonl"
HELD_OUT = UNSEEN.with_name("held_out_messages.jsonl")
_CLOSING = {kind.value for kind in UpdateKind if kind.closes}

Row = dict[str, Any]


@dataclass
class Score:
    """Counts over one collection."""

    false: list[Row] = field(default_factory=list)
    wrong: list[Row] = field(default_factory=list)
    held: list[tuple[Row, str]] = field(default_factory=list)
    wrong_closes: list[Row] = field(default_factory=list)
    total: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    kinds_labelled: int = 0
    kinds_found: int = 0

    @property
    def faultless(self) -> bool:
        return not (self.false or self.wrong or self.wrong_closes)


def rows_of(path: Path) -> list[Row]:
    """Return the rows of a file of JSON lines; none where it is absent."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def score(rows: list[Row]) -> Score:
    """Read every row and compare with its label."""
    result = Score()
    for row in rows:
        read = to_json(parse(row["text"]))
        wanted = _wanted(row)
        _score_signals(result, row, read, wanted)
        _score_update(result, row, read)
    return result


def _wanted(row: Row) -> list[Row]:
    if "signals" in row:
        return list(row["signals"])
    if "expected_all" in row:
        return list(row["expected_all"])
    return [row["expected"]] if row["expected"] else []


def _keys(row: Row) -> list[str]:
    source = str(row.get("source", "unseen")).partition(":")[0]
    return [source, *(f"#{tag}" for tag in row.get("tags", ())), "= all"]


def _score_signals(result: Score, row: Row, read: Row, wanted: list[Row]) -> None:
    if not wanted:
        if read["signals"]:
            result.false.append(row)
        return
    result.total.update(_keys(row))
    if read["signals"] == wanted:
        result.right.update(_keys(row))
    elif read["signals"]:
        result.wrong.append(row)
    else:
        result.held.append((row, str(read["held"])))


def _score_update(result: Score, row: Row, read: Row) -> None:
    label = row.get("update") or []
    labelled = set(label["kinds"] if isinstance(label, dict) else label)
    found = set(read["update"]["kinds"]) if read["update"] else set()
    result.kinds_labelled += len(labelled)
    result.kinds_found += len(labelled & found)
    if (found - labelled) & _CLOSING:
        result.wrong_closes.append(row)


def report(name: str, result: Score) -> list[str]:
    """Lay the counts out, then coverage by source and by tag, then what was held and why."""
    covered, every = result.right["= all"], result.total["= all"]
    share = 100 * covered / every if every else 100
    lines = [
        f"== {name}",
        (
            f"false trades {len(result.false)}, wrong fields {len(result.wrong)},"
            f" wrong closes {len(result.wrong_closes)}"
        ),
        (
            f"signals read {covered}/{every} ({share:.1f} %),"
            f" update kinds {result.kinds_found}/{result.kinds_labelled}"
        ),
    ]
    lines += [f"{result.right[key]:5}/{result.total[key]:<5}{key}" for key in sorted(result.total)]
    lines += [f"held: {why}: {row['text']!r}"[:200] for row, why in result.held]
    lines += [f"FALSE: {row['text']!r}"[:200] for row in result.false]
    lines += [f"WRONG: {row['text']!r}"[:200] for row in result.wrong]
    return lines


def main() -> int:
    """Score the shared collection, its several-in-one rows and our own two collections."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    files = [folder / "messages.jsonl", folder / "several_in_one.jsonl", UNSEEN, HELD_OUT]
    results = {path.stem: score(rows_of(path)) for path in files}
    for name, result in results.items():
        sys.stdout.write("\n".join(report(name, result)) + "\n")
    return 0 if all(result.faultless for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
