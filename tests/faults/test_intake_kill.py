"""A kill -9 while signals pour in over HTTP: what was answered 201 is in the file."""

from pathlib import Path

from tests.bench.bench_intake import desk, drive, missing


async def test_a_kill_in_the_middle_loses_no_signal_that_was_answered(tmp_path: Path) -> None:
    with desk(tmp_path) as (process, port):
        load = await drive(port, 100, 8, kill=25, pid=process.pid)

    assert load.lost > 0
    assert len(load.taken) >= 25
    assert missing(tmp_path, load) == []
