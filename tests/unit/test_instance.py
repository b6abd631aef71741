"""The single-instance lock, between two real processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.instance import hold, lock_path
from trading.errors import DatabaseInUse, StoreError

HOLDER = """
import sys
from pathlib import Path
from bot.instance import hold
with hold(Path(sys.argv[1])):
    sys.stdout.write("held\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    database = tmp_path / "data" / "bot.db"
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", HOLDER, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DatabaseInUse, match=f"process {holder.pid}"), hold(database):
            pytest.fail("two hold one lock")
        holder.kill()
    with hold(database):
        assert lock_path(database).read_text() == f"{os.getpid()}\n"
    assert lock_path(database) == tmp_path / "data" / "bot.db.lock"


def test_one_process_cannot_hold_it_twice_and_can_hold_it_again(tmp_path: Path) -> None:
    database = tmp_path / "bot.db"
    with hold(database), pytest.raises(DatabaseInUse), hold(database):
        pytest.fail("held twice")
    with hold(database):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError), hold(tmp_path / "file" / "bot.db"):
        pytest.fail("held nothing")
