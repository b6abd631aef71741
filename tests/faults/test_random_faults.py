"""A short slice of the random run of ``tests.bench.random_run``."""

from pathlib import Path

from tests.support.random_faults import run


async def test_random_faults_double_nothing_and_lose_nothing(tmp_path: Path) -> None:
    tally = await run(tmp_path, seed=7, orders=48)
    assert tally.is_clean, tally
    assert sum(tally.faults.values()) > 50
    assert tally.filled > 10
