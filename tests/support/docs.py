"""What .env.example and the README's table must say: ``python -m tests.support.docs`` writes it."""

from pathlib import Path

from bot.settings import Variable, variables
from handlers.commands import Where, open_to
from trading.model import Role

ROOT = Path(__file__).resolve().parents[2]
ENV_EXAMPLE = ROOT / ".env.example"
README = ROOT / "README.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
COMMANDS_BEGIN, COMMANDS_END = "<!-- commands: begin -->", "<!-- commands: end -->"

_HEAD = """\
# Every setting with its default. Copy this file to .env and fill in what you need.
# An empty value is the default; the environment wins over this file.
"""


def env_example() -> str:
    """Return every variable with a line on what it means, a group at a time."""
    lines, group = [_HEAD.rstrip()], None
    for variable in variables():
        lines += [""] if variable.group != group else []
        group = variable.group
        lines += [f"# {_plain(variable)}", f"{variable.name}={variable.default}"]
    return "\n".join(lines) + "\n"


def settings_table() -> str:
    """Return the README's table of settings."""
    rows = [
        f"| `{variable.name}` | {f'`{variable.default}`' if variable.default else 'none'} "
        f"| {variable.meaning} |"
        for variable in variables()
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def commands_table() -> str:
    """Return the README's table of what can be said in the chat."""
    lines = ["| you say | who | it does |", "|---|---|---|"]
    for row in open_to(Role.OWNER):
        said = f"`{row.example}`"
        if row.aliases:
            said += f" ({', '.join(f'`/{alias}`' for alias in row.aliases)})"
        where = "" if row.where is Where.ANYWHERE else f"; {row.where} only"
        lines.append(f"| {said} | {row.role} | {row.summary}{where} |")
    return "\n".join(lines)


def _plain(variable: Variable) -> str:
    return variable.meaning.replace("`", "")


def write() -> None:
    """Bring both files up to the code."""
    ENV_EXAMPLE.write_text(env_example(), encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    text = _between(text, BEGIN, settings_table(), END)
    text = _between(text, COMMANDS_BEGIN, commands_table(), COMMANDS_END)
    README.write_text(text, encoding="utf-8")


def _between(text: str, begin: str, body: str, end: str) -> str:
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{body}\n{end}{rest.partition(end)[2]}"


if __name__ == "__main__":
    write()
