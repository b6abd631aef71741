"""What .env.example and the README's table must say: ``python -m tests.support.docs`` writes it."""

from pathlib import Path

from bot.metrics import CATALOGUE
from bot.settings import Variable, variables
from handlers.commands import Where, open_to
from trading.model import Role

ROOT = Path(__file__).resolve().parents[2]
ENV_EXAMPLE = ROOT / ".env.example"
README = ROOT / "README.md"
METRICS = ROOT / "docs" / "metrics.md"
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


def metrics_page() -> str:
    """Return the page that names every metric."""
    rows = [
        f"| `{name}` | {kind} | {', '.join(f'`{one}`' for one in labels) or 'none'} | {words} |"
        for name, (kind, labels, words) in CATALOGUE.items()
    ]
    return "\n".join([_METRICS_HEAD.rstrip(), *rows, "", _METRICS_TAIL.strip(), ""])


_METRICS_HEAD = """\
# Metrics and logs

`GET /metrics` answers Prometheus. This table is written from `bot/metrics.py`
(`python -m tests.support.docs`); beside it stand Prometheus' own `process_*` metrics on Linux.
`docs/grafana.json` is a dashboard over them (Grafana: Dashboards, New, Import).

| metric | kind | labels | meaning |
|---|---|---|---|
"""

_METRICS_TAIL = """
## Alerts worth having

| expression | means |
|---|---|
| `desk_blind == 1` for 1m | an account cannot be judged: no entries, and no cap is measured |
| `time() - process_start_time_seconds < 120` twice an hour | something restarts the process |
| `desk_pass_age_seconds > 60` | passes stand still |
| `desk_telegram_age_seconds > 120` | Telegram does not answer, or the token is gone |
| `desk_outbox_age_seconds > 60` | people are not told |
| `desk_circuit_open == 1` | a part of the house is past its limit |
| `desk_backup_age_seconds > 100000` or absent | no nightly copy |
| `desk_disk_free_bytes < 1e8` | the disk is nearly full |
| `increase(desk_orders_total{status="unknown"}[5m]) > 0` | an order's fate had to be asked for |

An alert inside the machine dies with it: set `HEARTBEAT_PING_URL` to a watcher outside.

## Logs

One JSON object a line on standard output (`LOG_FORMAT=json`); journald, Docker or the Windows
service keep and rotate them. `facts` holds an event's figures. One trade is one `signal_id`:

```
jq 'select(.facts.signal_id == 17) | [.timestamp, .event, .facts]' desk.log
```

gives `signal_ingested`, `signal_offered`, `approval_decided`, `order_submitted`, `order_applied`;
an order whose answer was lost goes on as `order_resolved` with the same `approval_id`, `order_id`.
"""


def _plain(variable: Variable) -> str:
    return variable.meaning.replace("`", "")


def write() -> None:
    """Bring the files up to the code."""
    METRICS.write_text(metrics_page(), encoding="utf-8")
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
