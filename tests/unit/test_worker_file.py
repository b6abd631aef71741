"""The worker's file also runs on old Pythons beside terminals: what it may be made of."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from trading.terminal import worker

FILE = Path(worker.__file__)
TREE = ast.parse(FILE.read_text("utf-8"), feature_version=(3, 8))


def imports(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add((node.module or "").split(".")[0])
    return found


def test_it_imports_the_standard_library_and_metatrader_only() -> None:
    assert imports(TREE) - {"MetaTrader5"} <= sys.stdlib_module_names


def test_metatrader_is_imported_inside_a_function() -> None:
    at_the_top = {node for node in TREE.body if isinstance(node, ast.Import)}
    assert "MetaTrader5" not in set().union(*(imports(node) for node in at_the_top))


def test_no_built_in_generic_or_union_is_evaluated_on_3_8() -> None:
    generics = {"list", "dict", "set", "tuple", "frozenset", "type"}
    for node in ast.walk(TREE):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            assert node.value.id not in generics, ast.unparse(node)
        if isinstance(node, ast.BinOp):
            assert not isinstance(node.op, ast.BitOr), ast.unparse(node)


def test_nothing_of_it_is_newer_than_3_8() -> None:
    newer = {"removeprefix", "removesuffix", "to_thread", "pairwise"}
    assert not newer & {node.attr for node in ast.walk(TREE) if isinstance(node, ast.Attribute)}


def test_it_runs_in_a_bare_namespace_as_rpyc_gives_it_one() -> None:
    namespace: dict[str, object] = {}
    exec(FILE.read_text("utf-8"), namespace)  # noqa: S102 - what a classic rpyc server does
    call = namespace["call"]
    assert callable(call)
    answer = json.loads(call('{"v":2,"id":1,"op":"names","args":{}}'))
    assert answer["error"]["kind"] == "protocol"


@pytest.mark.parametrize(
    "request_text",
    ["", "[]", "{}", "null", '{"v":1,"id":3,"op":"nothing","args":{}}', "[" * 100_000],
)
def test_nonsense_is_answered_with_an_error(request_text: str) -> None:
    assert json.loads(worker.call(request_text))["error"]["kind"] == "protocol"


def test_it_ends_when_its_input_closes() -> None:
    command = [sys.executable, str(FILE)]
    ended = subprocess.run(command, input=b"\0\0", capture_output=True, timeout=60, check=True)  # noqa: S603
    assert ended.stdout == b""


def test_the_bot_process_never_loads_it() -> None:
    code = "import sys, trading.terminal.factory; print('trading.terminal.worker' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout.strip() == "False"
