"""What one reading over five caps costs: ``python -m tests.bench.bench_guard``.

The goal is 100 microseconds of processor time, which other programs on the machine do not stretch;
the median of rounds is printed with the fastest and slowest.
"""

import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from time import process_time_ns

from trading.drawdown.caps import Cap, CapKind, LockAt, TrailOver, Unit
from trading.drawdown.confirm import BreachConfirmation
from trading.drawdown.rules import binding, observe, start
from trading.drawdown.state import DayInputs, Reading

GOAL_US = 100
ROUNDS = 40
READINGS = 500
CAPS = (
    Cap(CapKind.STATIC, Decimal(10)),
    Cap(CapKind.TRAILING, Decimal(8)),
    Cap(CapKind.TRAILING, Decimal(6000), Unit.MONEY, lock_at=LockAt.INITIAL),
    Cap(CapKind.DAILY, Decimal(4)),
    Cap(CapKind.TRAILING, Decimal(10), over=TrailOver.END_OF_DAY),
)


def main() -> int:
    begin = datetime(2025, 6, 3, 12, tzinfo=UTC)
    path = [
        Reading(
            at=begin + timedelta(seconds=n),
            monotonic_ms=n * 1000,
            balance=Decimal(100_000),
            equity=Decimal(100_000) + Decimal(n * 7919 % 300_000) / 100,
            positions_open=3,
        )
        for n in range(READINGS)
    ]
    rounds = []
    for _ in range(ROUNDS):
        states = [start(cap, path[0], DayInputs(balance=Decimal(100_000))) for cap in CAPS]
        steps = [BreachConfirmation() for _ in CAPS]
        begun = process_time_ns()
        for seen in path:
            found = [observe(cap, state, seen) for cap, state in zip(CAPS, states, strict=True)]
            states = [one.state for one in found]
            steps = [
                step.after(one, seen.monotonic_ms) for step, one in zip(steps, found, strict=True)
            ]
            binding(found)
        rounds.append(Decimal(process_time_ns() - begun) / READINGS / 1000)
    middle = median(rounds)
    sys.stdout.write(
        f"one reading over {len(CAPS)} caps: median {middle:.1f} us, "
        f"fastest {min(rounds):.1f}, slowest {max(rounds):.1f}; goal {GOAL_US}\n"
    )
    return 0 if middle <= GOAL_US else 1


if __name__ == "__main__":
    sys.exit(main())
