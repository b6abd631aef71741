"""Open positions, waiting orders, and what became of what people and rules wished of them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from html import escape

from handlers.cards import wish
from handlers.cards.text import (
    dated,
    figure,
    foreign,
    lots,
    money,
    price,
    side,
    span,
    table,
)
from handlers.texts import later, t
from handlers.words import distance
from trading.ids import Ticket, is_ours
from trading.model import PendingOrder, Position, SymbolSpec
from trading.notices import RuleActed, WishReport
from trading.positions.model import Managed, Rules
from trading.positions.rules import r_multiple, remaining

MOST = 20
MOST_ROWS = 60
_TITLES = {
    "close": later("Closing"),
    "protect": later("Stop and target"),
    "cancel": later("Pending orders"),
}

Rows = Mapping[Ticket, Managed]
Specs = Callable[[str], SymbolSpec | None]


def result_of(one: Position) -> Decimal:
    """Return the floating result with its swap."""
    return one.profit + one.swap


def listing(
    open_now: Iterable[Position], currency: str, managed: Rows, specs: Specs, now: datetime
) -> str:
    """Return positions in a few lines each, worst first."""
    ordered = sorted(open_now, key=result_of)
    if not ordered:
        return t("No open positions.")
    lines = [_few_lines(one, managed.get(one.identifier), specs, now) for one in ordered[:MOST]]
    if len(ordered) > MOST:
        lines.append(t("and {count} more: /status table", count=len(ordered) - MOST))
    return f"<pre>{chr(10).join([*lines, _total(ordered, currency)])}</pre>"


def as_table(open_now: Iterable[Position], currency: str, managed: Rows) -> str:
    """Return positions in a line each, worst first."""
    ordered = sorted(open_now, key=result_of)
    if not ordered:
        return t("No open positions.")
    cells = [_cells(one, managed.get(one.identifier)) for one in ordered[:MOST_ROWS]]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    lines = [
        f"{row[0]:<{widths[0]}} {row[1]:<{widths[1]}} {row[2]:>{widths[2]}}"
        f" {row[3]:>{widths[3]}} {row[4]:>{widths[4]}}".rstrip()
        for row in cells
    ]
    if len(ordered) > MOST_ROWS:
        lines.append(t("and {count} more", count=len(ordered) - MOST_ROWS))
    return f"<pre>{chr(10).join([*lines, _total(ordered, currency)])}</pre>"


def _cells(one: Position, managed: Managed | None) -> tuple[str, str, str, str, str]:
    result = figure(result_of(one), signed=True)
    return (
        f"{side(one.side)[0]} {foreign(one.symbol, 10)}",
        f"#{str(one.ticket)[-6:]}",
        lots(one.volume),
        result,
        _r(one, managed),
    )


def _total(ordered: list[Position], currency: str) -> str:
    total = sum((result_of(one) for one in ordered), Decimal(0))
    return t(
        "{count} open, floating {total} {currency}",
        count=len(ordered),
        total=figure(total, signed=True),
        currency=escape(currency),
    )


def _r(one: Position, managed: Managed | None) -> str:
    multiple = r_multiple(one, managed)
    if multiple is None or abs(multiple) > 999:
        return ""
    return f"{figure(multiple, signed=True)}R"


def _few_lines(one: Position, managed: Managed | None, specs: Specs, now: datetime) -> str:
    digits = _digits(one, specs)
    age = span((now - one.opened_at).total_seconds())
    result = figure(result_of(one), signed=True)
    source = t("not ours") if not is_ours(one.client_order_id) else _source(managed)
    return (
        f"{side(one.side)} {foreign(one.symbol, 16)} {lots(one.volume)}  {result}"
        f"  {_r(one, managed)}".rstrip()
        + f"\n  {price(one.price_open, digits)} → {price(one.price_current, digits)}  {age}"
        f"\n  {_levels(one, digits)}"
        f"\n  #{one.ticket}{f'  {source}' if source else ''}"
    )


def _source(managed: Managed | None) -> str:
    if managed is None or not managed.source:
        return ""
    number = (
        "" if managed.signal_id is None else t(" · signal {signal_id}", signal_id=managed.signal_id)
    )
    return f"{foreign(managed.source, 24)}{number}"


def _owner(one: Position) -> str:
    return t("this desk") if is_ours(one.client_order_id) else t("not ours")


def _digits(one: Position, specs: Specs) -> int:
    """The symbol's, for a price that ends in noughts has lost them on its way."""
    spec = specs(one.symbol)
    if spec is not None:
        return spec.digits
    known = (one.price_open, one.price_current, one.stop_loss, one.take_profit)
    exponents = [value.as_tuple().exponent for value in known if value is not None]
    return max(-exponent for exponent in exponents if isinstance(exponent, int))


def _levels(one: Position, digits: int) -> str:
    stop = t("NO STOP") if one.stop_loss is None else f"SL {_level(one, one.stop_loss, digits)}"
    if one.take_profit is None:
        return stop
    return f"{stop} · TP {_level(one, one.take_profit, digits)}"


def _level(one: Position, level: Decimal, digits: int) -> str:
    away = abs(level - one.price_current).scaleb(digits)
    return f"{price(level, digits)} ({distance(round(away, 1), digits, one.symbol)})"


def single(
    one: Position, currency: str, managed: Managed | None, specs: Specs, now: datetime
) -> str:
    """Return everything about one position: money, levels, rules, and what can be done."""
    digits = _digits(one, specs)
    rows = [
        (t("Result"), money(result_of(one), currency, signed=True)),
        *([(t("In R"), _r(one, managed))] if _r(one, managed) else []),
        (t("Volume"), t("{volume} lots", volume=lots(one.volume))),
        (t("Entry"), price(one.price_open, digits)),
        (t("Price"), price(one.price_current, digits)),
        (t("Stop"), t("none!") if one.stop_loss is None else _level(one, one.stop_loss, digits)),
        *_target_rows(one, managed, digits),
        (t("Open for"), span((now - one.opened_at).total_seconds())),
        (t("Source"), _source(managed) or _owner(one)),
    ]
    if managed is not None:
        rows += _rule_rows(managed.rules, one, digits)
    head = f"<b>{side(one.side)} {foreign(one.symbol, 24)}</b> · #{one.ticket}"
    what_next = f"/fx {one.ticket} · /be {one.ticket} · /trail {one.ticket} 15"
    return "\n".join([head, table(rows), what_next])


def _target_rows(one: Position, managed: Managed | None, digits: int) -> list[tuple[str, str]]:
    rungs = () if managed is None else managed.rules.rungs
    rows = []
    for number, rung in enumerate(rungs, 1):
        assert managed is not None
        reached = number in managed.done or one.volume <= remaining(managed, number)
        state = t("done") if reached else t("{volume} lots", volume=lots(rung.volume))
        rows.append((t("Target {number}", number=number), f"{price(rung.price, digits)} · {state}"))
    if one.take_profit is not None:
        name = t("Target {number}", number=len(rungs) + 1) if rungs else t("Target")
        rows.append((name, f"{_level(one, one.take_profit, digits)}"))
    return rows


def _rule_rows(rules: Rules, one: Position, digits: int) -> list[tuple[str, str]]:
    rows = []
    if rules.break_even_after is not None:
        rows.append(
            (
                t("Break-even"),
                t("after target {number}", number=rules.break_even_after),
            )
        )
    if rules.trail is not None:
        points = round(rules.trail.scaleb(digits), 1)
        rows.append((t("Trailing at"), distance(points, digits, one.symbol)))
    if rules.closes_at is not None:
        rows.append((t("Closes at"), f"{dated(rules.closes_at, '%d %b %H:%M')} UTC"))
    return rows


def pending(orders: Iterable[PendingOrder], now: datetime) -> str:
    """Return the orders that wait at the broker."""
    waiting = list(orders)
    if not waiting:
        return t("No orders wait at the broker.")
    lines = []
    for one in waiting[:MOST]:
        levels = [
            f"{name} {price(level, None)}"
            for name, level in (("SL", one.stop_loss), ("TP", one.take_profit))
            if level is not None
        ]
        age = span((now - one.placed_at).total_seconds())
        lines.append(
            t(
                "{side} {kind} {symbol} {volume} at {price}\n  {levels}  {age}\n  #{ticket}",
                side=side(one.side),
                kind=one.order_type.value.upper(),
                symbol=foreign(one.symbol, 16),
                volume=lots(one.volume),
                price=price(one.price, None),
                levels=" · ".join(levels) or t("no levels"),
                age=age,
                ticket=one.ticket,
            )
        )
    if len(waiting) > MOST:
        lines.append(t("and {count} more", count=len(waiting) - MOST))
    return f"<pre>{chr(10).join(lines)}</pre>"


def report(notice: WishReport) -> str:
    """Return what became of everything a person confirmed at once."""
    title = t(_TITLES.get(notice.lines[0].kind if notice.lines else "", later("Done")))
    counts: dict[str, int] = {}
    for line in notice.lines:
        counts[line.status] = counts.get(line.status, 0) + 1
    done, asked = counts.get("done", 0), len(notice.lines)
    head = t(
        "<b>{title}</b>: {done} of {asked} done · {account}",
        title=title,
        done=done,
        asked=asked,
        account=foreign(notice.account),
    )
    # What went wrong is read first and never cut off.
    order = {"failed": 0, "unconfirmed": 1, "dropped": 2}
    shown = sorted(notice.lines, key=lambda line: order.get(line.status, 3))[:MOST]
    lines = [head, *(wish.line(one) for one in shown)]
    if asked > MOST:
        lines.append(t("and {count} more", count=asked - MOST))
    if counts.get("failed"):
        lines.append(t("What failed still holds as before: /status"))
    return "\n".join(lines)


def rule(notice: RuleActed) -> str:
    """Return what a rule did to a position."""
    what = f"{side(notice.side)} {foreign(notice.symbol, 24)} #{notice.ticket}"
    at = "" if notice.price is None else t(" at {price}", price=price(notice.price, None))
    part = (
        ""
        if notice.volume is None
        else t("{volume} lots closed{at}", volume=lots(notice.volume), at=at)
    )
    stop = (
        ""
        if notice.stop_loss is None
        else t("stop now at {price}", price=price(notice.stop_loss, None))
    )
    words = {
        "target": t(
            "🎯 <b>Target {number}</b> {what}: {part}", number=notice.number, what=what, part=part
        ),
        "break_even": t("🛡 <b>Break-even</b> {what}: {stop}", what=what, stop=stop),
        "trail": t("📐 <b>Trailing</b> {what}: {stop}", what=what, stop=stop),
        "time_limit": t("⏱ <b>Time limit</b> {what}: {part}", what=what, part=part),
    }
    return f"{words.get(notice.rule, what)}\n{foreign(notice.account)}"
