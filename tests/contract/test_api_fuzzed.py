"""schemathesis against our own server on loopback: whatever it asks, the answer is as described.

Usually a slice of the routes; with TESTS_THOROUGH every route, random questions and chains of them.
"""

import asyncio
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.api_desk import api_desk

pytestmark = pytest.mark.skipif(
    find_spec("schemathesis") is None,
    reason="schemathesis is not installed: pip install -e '.[fuzz]'",
)
_SLICE = ["--phases", "coverage", "--include-path-regex", "trades|deliveries"]
_WHOLE = ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "60"]
THOROUGH = bool(os.environ.get("TESTS_THOROUGH"))


async def test_no_question_is_answered_otherwise_than_described(tmp_path: Path) -> None:
    async with api_desk(tmp_path, a_minute=10_000_000) as desk:
        token = await desk.token(desk.owner)
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{desk.url}/openapi.json"),
            *("--url", desk.url, "-H", f"Authorization: Bearer {token}"),
            *("--checks", "all", "--seed", "7", "--no-color"),
            *(_WHOLE if THOROUGH else _SLICE),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await asyncio.wait_for(child.communicate(), 1500 if THOROUGH else 90)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    report = said.decode("utf-8", "replace")
    assert child.returncode == 0, report
    found = re.search(r"(\d+) generated, (\d+) passed", report)
    assert found is not None, report
    assert int(found[1]) == int(found[2]) >= (1500 if THOROUGH else 100)
