"""Orders under random faults: ``python -m tests.bench.random_run [ORDERS [SEED]]``."""

import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.support.random_faults import run

ORDERS, SEED = 2000, 20261126
MEMORY = Path("/dev/shm")  # noqa: S108 - the run is about orders, not about the disk


def place() -> Path | None:
    """Return a folder in memory where there is one."""
    return MEMORY if MEMORY.is_dir() else None


async def main(orders: int, seed: int) -> int:
    logging.disable(logging.CRITICAL)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=place()) as folder:
        tally = await run(Path(folder), seed, orders)
    print(f"seed {seed}, {tally.orders} orders, every fifth call struck")  # noqa: T201
    print(f"  {sum(tally.faults.values())} faults: {dict(tally.faults.most_common())}")  # noqa: T201
    print(f"  filled {tally.filled}, refused {tally.refused}, restarts {tally.restarts}")  # noqa: T201
    print(  # noqa: T201
        f"  doubles {tally.doubles}, results lost {tally.untold}, left submitted {tally.stuck},"
        f" entries sent blind {tally.sent_blind}"
    )
    print(f"  {time.perf_counter() - began:.0f} s")  # noqa: T201
    return 0 if tally.is_clean else 1


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(asyncio.run(main(*(given + [ORDERS, SEED][len(given) :]))))
