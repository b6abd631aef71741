"""I17: a full disk blocks entries; the guard, its closes and every alarm go on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from storage.database import SqliteDatabase
from storage.reserve import DiskReserve
from tests.faults.test_crash_everywhere import FALL_AT, FALLING, trade
from tests.support.fresh import ON_POSTGRES
from tests.support.loop_desk import LoopDesk
from trading.errors import StoreError

MIB = 1 << 20
pytestmark = pytest.mark.skipif(ON_POSTGRES, reason="the disk is the server's own")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of its own of 6 MiB: only root on Linux can make one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a disk of its own needs root on Linux")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("there is no mount here")
    made = subprocess.run(  # noqa: S603 - our own arguments
        [mount, "-t", "tmpfs", "-o", "size=6m", "none", disk], check=False
    )
    if made.returncode:
        pytest.skip("this system lets nobody mount a tmpfs")
    yield disk
    subprocess.run([unmount, "-l", disk], check=True)  # noqa: S603 - our own arguments


def fill(disk: Path) -> Path:
    """Take every block that is left."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (MIB // 4, 4096):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


async def test_i17_a_real_disk_runs_full_and_the_breach_still_closes_everything(
    small_disk: Path, tmp_path: Path
) -> None:
    desk = LoopDesk(small_disk, FALLING, TERMINAL_BALANCE="4100")
    # The broker is another machine: its own files are on another disk.
    desk.keep_broker_in(tmp_path)
    reserve = DiskReserve(small_disk / "desk.db", 1)
    given: list[bool] = []

    def make_room() -> bool:
        desk.holds.put("disk", "the disk is full")
        given.append(reserve.release())
        return given[-1]

    desk.make_room = make_room
    assert reserve.hold()
    await desk.open()
    await trade(desk)
    await desk.tighten(Decimal(10))
    await desk.ingest("two")
    await desk.passes(1)
    filler = fill(small_disk)
    await desk.approve(2)  # the tap finds the disk full and is kept all the same
    assert given == [True]
    await desk.passes(2)
    assert len(desk.deals(entry=0)) == 1  # held, not sent
    while desk.clock.monotonic() < 1000 + FALL_AT + 1:
        desk.clock.advance(1)
    await desk.passes(6, every=0.4)
    assert desk.positions() == ()
    assert "flatten_report" in await desk.told()
    (account,) = await desk.rows("SELECT trading_state FROM account")
    assert account["trading_state"] == "halted"
    filler.unlink()
    assert reserve.hold()
    await desk.drop()


async def test_i17_without_a_reserve_what_cannot_be_written_is_not_sent(
    small_disk: Path, tmp_path: Path
) -> None:
    desk = LoopDesk(small_disk, FALLING)
    desk.keep_broker_in(tmp_path)
    await desk.open()
    await desk.passes(2)
    await desk.ingest()
    await desk.passes(1)
    await desk.approve()
    fill(small_disk)
    await desk.passes(3)
    assert desk.deals(entry=0) == []
    assert desk.loop.blind
    await desk.drop()


async def test_i17_the_transaction_that_found_the_disk_full_is_tried_once_more(
    tmp_path: Path,
) -> None:
    desk = LoopDesk(tmp_path, FALLING)
    await desk.open()
    (pages,) = (await desk.rows("PRAGMA page_count"))[0]
    await desk.rows(f"PRAGMA max_page_count = {pages}")
    await desk.rows("CREATE TEMP TABLE room (x)")

    def grow(connection: object, text: str) -> int:
        connection.execute(  # type: ignore[attr-defined]
            "INSERT INTO audit (at_ms, action, detail) VALUES (0, ?, ?)", (text, "x" * 40_000)
        )
        return 1

    with pytest.raises(StoreError, match="full"):
        await desk.database.run(grow, "refused")

    def make_room() -> bool:
        assert isinstance(desk.database, SqliteDatabase)
        desk.database._connection._conn.execute(f"PRAGMA max_page_count = {pages + 50}")  # noqa: SLF001
        return True

    desk.make_room = make_room
    assert await desk.database.run(grow, "kept") == 1
    found = await desk.rows("SELECT action FROM audit WHERE action IN ('refused', 'kept')")
    assert [row["action"] for row in found] == ["kept"]
    await desk.drop()


def test_the_reserve_is_real_blocks_and_comes_back(tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path / "desk.db", 2)
    seen = [reserve.held, reserve.hold(), reserve.held]
    (file,) = tmp_path.iterdir()
    if sys.platform != "win32":
        assert file.stat().st_blocks * 512 >= 2 * MIB
    seen += [reserve.release(), reserve.release(), reserve.held]
    assert seen == [False, True, True, True, False, False]
    assert reserve.free() > 0
    assert DiskReserve(tmp_path / "desk.db", 0).hold()
