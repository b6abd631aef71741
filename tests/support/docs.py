"""What .env.example and the README's table must say: ``python -m tests.support.docs`` writes it."""

from pathlib import Path

from bot.settings import Variable, variables

ROOT = Path(__file__).resolve().parents[2]
ENV_EXAMPLE = ROOT / ".env.example"
README = ROOT / "README.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"

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


def _plain(variable: Variable) -> str:
    return variable.meaning.replace("`", "")


def write() -> None:
    """Bring both files up to the code."""
    ENV_EXAMPLE.write_text(env_example(), encoding="utf-8")
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    text = f"{before}{BEGIN}\n{settings_table()}\n{END}{after}"
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
