"""schemathesis against our own server on loopback: whatever it asks, the answer is as described.

Usually a slice of the routes; with TESTS_THOROUGH every route, random questions, chains of them,
and signals with good signatures and any body.
"""

import asyncio
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.api_desk import SECRET, ApiDesk, api_desk

pytestmark = pytest.mark.skipif(
    find_spec("schemathesis") is None,
    reason="schemathesis is not installed: pip install -e '.[fuzz]'",
)
THOROUGH = bool(os.environ.get("TESTS_THOROUGH"))
_ROOT = Path(__file__).parents[2]
_SLICE = "--phases coverage --checks all --include-path-regex trades|deliveries"
_WHOLE = "--phases examples,coverage,fuzzing,stateful --checks all --max-examples 60"
# What of a number a price may be (at most 15 digits) no schema says: the answer alone is judged.
_SIGNED = (
    "--phases coverage,fuzzing --max-examples 150 --include-path-regex ^/signals$"
    " --include-method POST --checks not_a_server_error,status_code_conformance,"
    "content_type_conformance,response_headers_conformance,response_schema_conformance"
)


async def asked(desk: ApiDesk, folder: Path, options: str, **environment: str) -> int:
    """Let schemathesis ask; return how many questions it had, each answered as described."""
    token = await desk.token(desk.owner)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{desk.url}/openapi.json"),
        *("--url", desk.url, "-H", f"Authorization: Bearer {token}"),
        *("--seed", "7", "--no-color", *options.split()),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(_ROOT), **environment},
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
    assert found[1] == found[2]
    return int(found[1])


async def test_no_question_is_answered_otherwise_than_described(tmp_path: Path) -> None:
    async with api_desk(tmp_path, a_minute=10_000_000) as desk:
        count = await asked(desk, tmp_path, _WHOLE if THOROUGH else _SLICE)
    assert count >= (1500 if THOROUGH else 100)


@pytest.mark.skipif(not THOROUGH, reason="TESTS_THOROUGH runs it")
async def test_no_signed_body_is_answered_otherwise_than_described(tmp_path: Path) -> None:
    async with api_desk(tmp_path, a_minute=10_000_000) as desk:
        stamp = str(int(desk.desk.clock.now().timestamp()))
        hooks = "tests.support.signing_hooks"
        given = {"SCHEMATHESIS_HOOKS": hooks, "SIGNAL_KEY": SECRET, "SIGNAL_STAMP": stamp}
        assert await asked(desk, tmp_path, _SIGNED, **given) >= 200
        (kept,) = await desk.desk.rows("SELECT count(*) FROM signal")
    assert kept[0] > 10, "hardly any was taken: they were not signed as they should be"
