"""Every bench in one program: ``python -m tests.bench [--json FILE] [--only NAMES] [--count N]``.

Each bench prints its table; with ``--json`` the rows go into one file, too. The rounds are few, so
that all of it takes seconds to a minute; a single bench run by itself takes its own, larger count.
"""

import argparse
import asyncio
import importlib
import inspect
import sys
import time
from pathlib import Path

ROUNDS = 60


def names() -> list[str]:
    """Return the benches, by the part of their name behind ``bench_``."""
    found = Path(__file__).parent.glob("bench_*.py")
    return sorted(path.stem.removeprefix("bench_") for path in found)


def run(name: str) -> int:
    """Run one bench and return what it says: 0 when it met its goals or has none."""
    module = importlib.import_module(f"tests.bench.bench_{name}")
    if inspect.iscoroutinefunction(module.main):
        asyncio.run(module.main())
        return 0
    return int(module.main() or 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="names with commas between")
    options, rest = parser.parse_known_args()
    if not any(one.startswith("--count") for one in rest):
        rest += ["--count", str(ROUNDS)]
    sys.argv[1:] = rest  # each bench reads its own
    wanted = options.only.split(",") if options.only else names()
    missed = 0
    for name in wanted:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        began = time.perf_counter()
        missed += run(name)
        sys.stdout.write(f"   {time.perf_counter() - began:.1f} s\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
