"""Every sentence to be translated: ``python -m tests.support.texts es`` shows what lacks."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

import handlers
from handlers.commands import COMMANDS
from handlers.texts import catalogue
from handlers.words import templates

_CALLS = frozenset({"t", "later", "told"})
_ROOT = Path(handlers.__file__).parents[1]


def sentences() -> set[str]:
    """Return every English template of the code: what ``t``, ``later`` and ``told`` are given."""
    folders = (_ROOT / name for name in ("bot", "handlers", "storage", "trading"))
    paths = (path for folder in folders for path in folder.rglob("*.py"))
    found = {one for path in paths for one in _of(path)}
    found |= {one for path in pages() for one in _of_page(path)}
    return found | set(templates()) | {row.summary for row in COMMANDS}


def _of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in _CALLS or not node.args:
            continue
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value
        elif isinstance(first, ast.JoinedStr):
            raise TypeError(f"{path}:{node.lineno}: an f-string has no key to look up")


def pages() -> list[Path]:
    """Return the templates of the pages."""
    return sorted((_ROOT / "bot" / "pages" / "templates").glob("*.html"))


def _of_page(path: Path) -> Iterator[str]:
    parsed = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for call in parsed.find_all(nodes.Call):
        if not isinstance(call.node, nodes.Name) or call.node.name not in _CALLS:
            continue
        first = call.args[0]
        if not isinstance(first, nodes.Const):
            raise TypeError(f"{path}:{call.lineno}: only a text has a translation")
        yield str(first.value)


def missing(language: str) -> list[str]:
    """Return the sentences a language's file has no translation of."""
    return sorted(sentences() - catalogue(language).keys())


def stubs(language: str) -> str:
    """Return the missing sentences as lines for the language's file."""
    return "\n".join(f'{json.dumps(one, ensure_ascii=False)} = ""' for one in missing(language))


if __name__ == "__main__":
    sys.stdout.write(stubs(sys.argv[1]) + "\n")
