"""A source's record as a person reads it on a phone."""

from collections.abc import Iterable
from decimal import Decimal

from handlers.cards.text import NAME, figure, foreign, span, table
from handlers.texts import t
from trading.scores import Score


def one(score: Score) -> str:
    """Return the whole record of a source."""
    counts = score.counts
    rows = [
        (t("Signals"), str(counts.signals)),
        (t("Taken"), str(counts.taken)),
        (t("Held"), str(counts.held)),
        (
            t("Refused"),
            t("{refused}, too late {stale}", refused=counts.refused, stale=counts.stale),
        ),
        (t("Edited"), t("{edited} after they were sent", edited=counts.edited)),
        (
            t("Finished"),
            t(
                "{trades} real, {paper_trades} on paper",
                trades=score.trades,
                paper_trades=score.paper_trades,
            ),
        ),
        (t("Win rate"), t("unknown") if score.win_rate is None else f"{score.win_rate:.0f} %"),
        (t("Average"), _r(score.average_r)),
        (t("Result"), figure(score.result, signed=True)),
        (t("Claimed"), _claimed(score)),
        (
            t("Slippage"),
            t("unknown")
            if score.slippage is None
            else t("{slippage} points", slippage=f"{score.slippage:.1f}"),
        ),
        (t("Delay"), t("unknown") if score.latency is None else span(score.latency)),
    ]
    source = score.source
    return t(
        "🏁 <b>{name}</b> · source {id} · {value}\n{rows}\n{score}",
        name=foreign(source.name, NAME),
        id=source.id,
        value=source.settings.mode.value,
        rows=table(rows),
        score=_few(score),
    ).rstrip()


def _r(value: Decimal | None) -> str:
    return t("unknown") if value is None else f"{value:+.2f} R"


def _claimed(score: Score) -> str:
    if not score.claims:
        return t("nothing")
    return t(
        "{claimed_r}, real {real_r} on the same {claims}",
        claimed_r=_r(score.claimed_r),
        real_r=_r(score.real_r),
        claims=score.claims,
    )


def _few(score: Score) -> str:
    finished = score.trades + score.paper_trades
    return (
        ""
        if finished >= 30
        else t("<i>{finished} finished trades prove little yet.</i>", finished=finished)
    )


def every(scores: Iterable[Score]) -> str:
    """Return every source in a line, best average first."""
    lines = [
        t(
            "{id} · <b>{name}</b> · {trades} finished · {average_r}",
            id=score.source.id,
            name=foreign(score.source.name, NAME),
            trades=score.trades + score.paper_trades,
            average_r=_r(score.average_r),
        )
        for score in scores
    ]
    if not lines:
        return t("No source has sent a signal yet.")
    return "\n".join([t("🏁 <b>Scores</b>, best average first"), *lines, t("/score 1 shows one")])
