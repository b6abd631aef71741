"""What every bench shares: its arguments, figures against a floor of the same run, one table.

A bench measures, adds its rows to a ``Report`` and ends with ``report.finish()``. Absolute
figures are for scale; the ratios to the floor, taken in one run on one machine, are the goals.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles


def arguments(
    description: str, count: int, argv: Sequence[str] | None = None
) -> argparse.Namespace:
    """Read what every bench takes: how many rounds, where the JSON goes, whether goals bind."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--count", type=int, default=count, help=f"rounds (default: {count})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="add the figures to this file")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a goal is missed")
    known, _ = parser.parse_known_args(argv)  # `make bench` hands one line to every bench
    return known


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile of at least two values, by linear interpolation."""
    return median(values) if percent == 50 else quantiles(values, n=100)[percent - 1]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    figures: dict[str, float]
    unit: str
    ratios: dict[str, float] = field(default_factory=dict)
    goal: str = ""
    met: bool | None = None

    def line(self, width: int) -> str:
        cells = [f"{key} {value:9.1f}" for key, value in self.figures.items()]
        cells += [f"{key} {value:5.2f} x" for key, value in self.ratios.items()]
        verdict = "" if self.met is None else ("met" if self.met else "MISSED")
        ending = f"   goal {self.goal}: {verdict}" if self.goal else ""
        return f"{self.name:{width}}  {'  '.join(cells)} {self.unit}{ending}"


class Report:
    """The rows of one bench, printed and kept."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        self._name = name
        self._options = options
        self._rows: list[Row] = []
        self._notes: list[str] = []

    def series(
        self,
        name: str,
        values: Sequence[float],
        *,
        unit: str = "us",
        floor: Sequence[float] | None = None,
        goal: tuple[float, float] | None = None,
    ) -> None:
        """Add a distribution; with a floor its ratios, judged by the goal (at p50, at p99)."""
        figures = {f"p{n}": percentile(values, n) for n in (50, 95, 99)}
        ratios = {}
        if floor is not None:
            ratios = {f"p{n}": figures[f"p{n}"] / percentile(floor, n) for n in (50, 99)}
        words, met = "", None
        if goal is not None:
            words = f"{goal[0]:g} x, {goal[1]:g} x"
            met = ratios["p50"] <= goal[0] and ratios["p99"] <= goal[1]
        self._rows.append(Row(name, figures, unit, ratios, words, met))

    def value(self, name: str, value: float, unit: str, *, at_most: float | None = None) -> None:
        """Add one figure, judged by its upper bound where it has one."""
        goal = "" if at_most is None else f"at most {at_most:g}"
        met = None if at_most is None else value <= at_most
        self._rows.append(Row(name, {"": value}, unit, goal=goal, met=met))

    def note(self, words: str) -> None:
        """Add a line of words under the table."""
        self._notes.append(words)

    def finish(self) -> int:
        """Print the table, add it to the JSON file, and return the exit code."""
        width = max(len(row.name) for row in self._rows)
        lines = [row.line(width) for row in self._rows] + self._notes
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        if self._options.json is not None:
            self._add_to(self._options.json)
        missed = any(row.met is False for row in self._rows)
        return 1 if missed and self._options.strict else 0

    def _add_to(self, path: Path) -> None:
        known = json.loads(path.read_text()) if path.exists() else {}
        known[self._name] = [
            {
                "name": row.name,
                "unit": row.unit,
                **{key or "value": round(value, 3) for key, value in row.figures.items()},
                **{f"{key}_ratio": round(value, 3) for key, value in row.ratios.items()},
                **({} if row.met is None else {"goal": row.goal, "met": row.met}),
            }
            for row in self._rows
        ]
        path.write_text(json.dumps(known, indent=1) + "\n")
