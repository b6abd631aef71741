"""Every statement of the storage functions is understood by PostgreSQL as it is written.

The server is asked to prepare each with no word about its values, so what it could not make out
by itself, a bare ``? IS NULL`` for one, fails here and not on the first None at night.
"""

import ast
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

import storage
from storage import postgres
from storage.postgres_sql import placed
from tests.support import postgres_server

pytestmark = pytest.mark.skipif(postgres_server.why_not() != "", reason=postgres_server.why_not())
HERE = Path(storage.__file__).parent
ENGINE = {"backup.py", "database.py", "migrate.py", "moving.py", "nightly.py", "planner_facts.py"}
"""What is about a file, or about a server, and no function of a store."""
FIRST = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ")


def statements() -> Iterator[tuple[str, str]]:
    """Return every whole statement that is written as one text, with where it stands."""
    for path in sorted(HERE.glob("*.py")):
        if path.name in ENGINE or path.name.startswith("postgres"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        pieces = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr | ast.BinOp)
            for part in ast.walk(node)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if id(node) not in pieces and node.value.startswith(FIRST):
                yield f"{path.name}:{node.lineno}", node.value


def _narrow(connection: psycopg.Connection[tuple[object]], statement: str) -> str:
    """Tell of a value for which the server took 32 bits, in which no instant has room."""
    row = connection.execute("SELECT parameter_types::text[] FROM pg_prepared_statements")
    types: list[str] = row.fetchone()[0]  # type: ignore[index,assignment]  # one row, one column
    allowed = statement.count("substr(") + statement.count("? = 1")
    return "" if types.count("integer") <= allowed else f"{types} in {statement}"


def test_the_server_understands_every_statement(tmp_path: Path) -> None:
    found = list(statements())
    assert len(found) > 250
    refused: dict[str, str] = {}
    with closing(postgres.connect(postgres_server.fresh(tmp_path))) as connection:
        for place, statement in found:
            connection.execute("BEGIN")
            try:
                connection.execute(b"PREPARE one AS " + placed(statement)[0])
                if why := _narrow(connection, statement):
                    refused[place] = why
            except psycopg.Error as error:
                refused[place] = f"{error} in {statement}"
            connection.execute("ROLLBACK; DEALLOCATE ALL")
    assert refused == {}
