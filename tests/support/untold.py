"""Words for people that go round the catalogue, found in the syntax tree of the chat's code.

Every text literal counts as words unless it is where words never stand: a docstring, a key, a
comparison, an argument of a technical call. What is left and yet no language is listed here.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from jinja2 import Environment, nodes

import handlers

_ROOT: Final = Path(handlers.__file__).parents[1]
_CHAT: Final = ("handlers/**/*.py", "bot/longwork.py", "bot/menu.py")
_NOT_WORDS: Final = re.compile(r"<code>.*?</code>|<[^>]*>|/[a-z_]+|\{\}")
_MARKUP: Final = re.compile(r'<[^>]*(>|$)|^[^<]*>|[\w-]+="[^"]*"?|USDT|XTR')
_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_TOLD: Final = frozenset({"t", "later", "told", "_row", "denial_words"})
_TECHNICAL: Final = frozenset(
    {
        *("said", "command", "Router", "getLogger", "ContextVar", "CallbackData"),
        *("compile", "startswith", "endswith", "removeprefix", "removesuffix", "encoding"),
        *("partition", "split", "strip", "replace", "get", "getattr", "frozenset", "files"),
        *("info", "warning", "exception", "read_text", "TemporaryDirectory", "CallbackAnswer"),
    }
)
_KEYWORDS: Final = frozenset({"name", "prefix", "pattern", "sep", "encoding", "extra", "ext"})
NO_LANGUAGE: Final = {
    "handlers/accounts.py": {"off"},
    "handlers/arrival.py": {"tg:{}", "{}:by{}"},
    "handlers/dashboard.py": {"{}/app/enter?key={}"},
    "handlers/attention.py": {"language", "numbers", "keyboard", "on", "off"},
    "handlers/caps.py": {"show", "set", "off", "static", "lookback", "trailing", "total"},
    "handlers/cards/__init__.py": {"Card", "Render", "render"},
    "handlers/cards/guard.py": {"flow", "result"},
    "handlers/cards/health.py": {"{} ms"},
    "handlers/cards/people.py": {"{} (id {})"},
    "handlers/cards/letters.py": {"cards", "letter.html"},
    "handlers/cards/positions.py": {"SL", "TP", "SL {}", "{} · TP {}", "{} UTC"},
    "handlers/cards/results.py": {"PF", "Sharpe", "Sortino"},
    "handlers/cards/sources.py": {
        *("symbol", "side", "type", "entry", "stop", "targets", "drop", "take", "on", "off"),
        *("mode {}", "tighten {}", "nostop {}"),
    },
    "handlers/cards/status.py": {"{} (id {})"},
    "handlers/cards/text.py": {"UTC{}", "{} min", "{} min {} s", "{} h {} min"},
    "handlers/control.py": {"Only the one", "Already"},
    "handlers/email.py": {"on", "off"},
    "handlers/errors.py": {"a handler failed"},
    "handlers/choosing.py": {"all"},
    "handlers/commands.py": {
        *("look", "positions", "results", "act", "limits", "signals", "people", "messages"),
        *("plans", "desk", "anywhere", "in a private chat"),
        *("each", "nothing", "one", "one or all", "sender", "show or set"),
    },
    "handlers/deciding.py": {
        *("sl 1.0950", "tp 1.11 1.12", "vol 0.05", "risk 0.5", "sl 1.0950 tp 1.1100 vol 0.05"),
        *(
            "approve",
            "reject",
            "/approve 12 · /approve 12 half",
            "/reject 12 · /reject 12 too late",
        ),
    },
    "handlers/files.py": {
        *("equity", "drawdown", "daily", "weekly", "monthly", "day", "week", "month", "today"),
        "/plot drawdown 30",
    },
    "handlers/guide.py": {"panic", "cap", "drawdown", "status", "pause"},
    "handlers/people.py": {"start", "/audit verify"},
    "handlers/plans.py": {"USDT", "grant:{}:{}"},
    "handlers/positions.py": {"no", "Only the one", "Already"},
    "handlers/reading.py": {"symbol", "side", "entry", "sl", "tp{}"},
    "handlers/results.py": {"symbol", "source", "hour", "reason", "/performance source", "profit"},
    "handlers/status.py": {
        *("one-", "balance", "balance-full", "status", "table", "positions", "drawdown"),
        *("orders", "count"),
    },
    "handlers/token.py": {"hide"},
    "handlers/texts.py": {"en", "languages", "English"},
    "bot/menu.py": {"start"},
    "bot/longwork.py": {"cancelled", "failed", "done", "chart.png", "interrupted"},
}
"""Per file: what is a key, a command, a unit or a name that every language keeps."""


def untold() -> dict[str, set[str]]:
    """Return the words of each file that are given to people without a translation."""
    paths = sorted({path for one in _CHAT for path in _ROOT.glob(one)})
    found = {str(path.relative_to(_ROOT)): set(_of(path)) for path in paths}
    return {name: words for name, words in found.items() if words}


def _of(path: Path) -> Iterator[str]:
    if path.name == "words.py":
        return  # refusals: tests.support.texts takes its whole table
    if path.name == "forms.py":
        return  # commands as they are typed, in whatever language they are read
    walk = _Walk()
    walk.visit(ast.parse(path.read_text(encoding="utf-8")))
    yield from walk.found


class _Walk(ast.NodeVisitor):
    """Collects text literals, leaving out where words never stand."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # else a docstring
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._take(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._take(
            "".join(
                str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values
            )
        )
        for one in node.values:
            if isinstance(one, ast.FormattedValue):
                self.visit(one.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for one in node.body:
            self.visit(one)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        self.visit(node.func)
        for one in node.args:
            if name not in _TOLD | _TECHNICAL or not isinstance(one, ast.Constant | ast.JoinedStr):
                self.visit(one)
        for keyword in node.keywords:
            if keyword.arg not in _KEYWORDS:
                self.visit(keyword.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        for one in (node.left, *node.comparators):
            if not isinstance(one, ast.Constant | ast.Tuple | ast.List | ast.Set):
                self.visit(one)

    def visit_Dict(self, node: ast.Dict) -> None:
        for one in node.values:
            self.visit(one)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_match_case(self, node: ast.match_case) -> None:
        for one in node.body:
            self.visit(one)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """An annotation holds no words."""

    def visit_Raise(self, node: ast.Raise) -> None:
        """A person hears of a bug by its reference alone."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """As of a bug."""

    def _take(self, text: str) -> None:
        if _WORD.search(_NOT_WORDS.sub(" ", text)):
            self.found.append(text)


def bare_words(page: Path) -> list[str]:
    """Return the words a template gives to people without a translation."""
    found = []
    for output in (
        Environment(autoescape=True).parse(page.read_text("utf-8")).find_all(nodes.Output)
    ):
        text = "".join(one.data for one in output.nodes if isinstance(one, nodes.TemplateData))
        found += _WORD.findall(_MARKUP.sub(" ", text))
    return found
