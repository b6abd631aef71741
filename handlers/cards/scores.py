"""A source's record as a person reads it on a phone."""

from collections.abc import Iterable
from decimal import Decimal

from handlers.cards.text import NAME, figure, foreign, span, table
from trading.scores import Score


def one(score: Score) -> str:
    """Return the whole record of a source."""
    counts = score.counts
    rows = [
        ("Signals", str(counts.signals)),
        ("Taken", str(counts.taken)),
        ("Held", str(counts.held)),
        ("Refused", f"{counts.refused}, too late {counts.stale}"),
        ("Edited", f"{counts.edited} after they were sent"),
        ("Finished", f"{score.trades} real, {score.paper_trades} on paper"),
        ("Win rate", "unknown" if score.win_rate is None else f"{score.win_rate:.0f} %"),
        ("Average", _r(score.average_r)),
        ("Result", figure(score.result, signed=True)),
        ("Claimed", _claimed(score)),
        ("Slippage", "unknown" if score.slippage is None else f"{score.slippage:.1f} points"),
        ("Delay", "unknown" if score.latency is None else span(score.latency)),
    ]
    source = score.source
    return (
        f"🏁 <b>{foreign(source.name, NAME)}</b> · source {source.id}"
        f" · {source.settings.mode.value}\n{table(rows)}{_few(score)}"
    )


def _r(value: Decimal | None) -> str:
    return "unknown" if value is None else f"{value:+.2f} R"


def _claimed(score: Score) -> str:
    if not score.claims:
        return "nothing"
    return f"{_r(score.claimed_r)}, real {_r(score.real_r)} on the same {score.claims}"


def _few(score: Score) -> str:
    finished = score.trades + score.paper_trades
    return "" if finished >= 30 else f"<i>{finished} finished trades prove little yet.</i>"


def every(scores: Iterable[Score]) -> str:
    """Return every source in a line, best average first."""
    lines = [
        f"{score.source.id} · <b>{foreign(score.source.name, NAME)}</b>"
        f" · {score.trades + score.paper_trades} finished · {_r(score.average_r)}"
        for score in scores
    ]
    if not lines:
        return "No source has sent a signal yet."
    return "\n".join(["🏁 <b>Scores</b>, best average first", *lines, "/score 1 shows one"])
