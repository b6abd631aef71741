"""How long a standby takes to take over from a killed bot: ``python -m tests.bench.failover 20``.

Each takeover is a tap, a ``kill -9`` of the active bot up to 70 ms later, and the wait until the
other bot's health page says ready; afterwards every approval is judged at the simulated broker.
"""

import asyncio
import os
import statistics
import sys
import tempfile
from pathlib import Path

from tests.support import nursery, postgres_server
from tests.support.process_desk import Nursery
from tests.support.relay import Relay, hand_over_at_many_moments

SEED = 7


def main(count: int) -> int:
    """Print how long it took and what was wrong; 0 when nothing was."""
    if why := postgres_server.why_not():
        sys.stdout.write(f"skipped: {why}\n")
        return 1
    nursery.begin()
    try:
        with tempfile.TemporaryDirectory() as folder:
            tally = asyncio.run(_measure(Path(folder), count))
    finally:
        postgres_server.end(Path(os.environ[nursery.FOLDER]))
        nursery.end()
    took = sorted(tally.takeovers)
    sys.stdout.write(
        f"{tally.kills} takeovers: median {statistics.median(took):.2f} s, max {took[-1]:.2f} s\n"
        f"killed with the approval: {dict(tally.open_at_kill)}\n"
        f"{tally.filled} filled, {tally.not_sent} not sent, wrong: {tally.wrong or 'none'}\n"
    )
    return int(bool(tally.wrong))


async def _measure(folder: Path, count: int) -> Relay:
    async with Nursery() as bots:
        return await hand_over_at_many_moments(folder, bots, count, SEED)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
