"""No sequence of readings, restarts, edits and taps clears a latch: only an owner's resume does."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from storage import breaches, caps, orders, people, protections, rights, signals
from tests.support.fresh import fresh_memory
from trading.drawdown import Cap, CapKind, Reading, Unit, observe, start
from trading.drawdown.protections import LossStreak
from trading.ids import AccountId, MemberId
from trading.model import Breach, MarginMode, OrderType, Side, SignalDraft, TradingState

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIRST = Cap(CapKind.STATIC, Decimal(10), initial=Decimal(10_000))
DRAFT = SignalDraft("EURUSD", Side.BUY, OrderType.MARKET, None, Decimal("1.09"))


class Desk:
    """The tables alone, latched, and everything that may happen to them but a resume."""

    def __init__(self) -> None:
        self.db = fresh_memory()
        rights.ensure_owners(self.db, (7,), NOW)
        account = caps.open_account(
            self.db, 1, "s", "USD", MarginMode.HEDGING, Decimal(10_000), [FIRST], NOW
        )
        self.account: AccountId = account.id
        self.member = MemberId(1)
        self.now = NOW
        self.breach = Breach(equity=Decimal(8_900), asked_by="drawdown guard", scope="all")
        self.latched = breaches.latch(self.db, self.account, self.breach, (), NOW, close=True)

    def read(self, equity: int) -> None:
        """A reading of any equity, kept as the guard keeps it."""
        seen = Reading(self.now, int(self.now.timestamp() * 1000), Decimal(equity), Decimal(equity))
        kept = {}
        for cap, state in caps.of_account(self.db, self.account):
            begun = state or start(cap, seen)
            assert cap.id is not None
            kept[cap.id] = (cap, observe(cap, begun, seen, confirm_ms=0).state)
        caps.observed(self.db, self.account, kept, (), None, (), self.now, close=False)

    def edit(self, percent: int) -> None:
        cap = Cap(CapKind.STATIC, Decimal(percent), initial=Decimal(10_000))
        caps.put(self.db, self.account, cap, None, "owner", self.now)

    def floor(self, money: int) -> None:
        cap = Cap(CapKind.FLOOR, Decimal(money), Unit.MONEY)
        caps.put(self.db, self.account, cap, None, "owner", self.now)

    def drop(self, _: int) -> None:
        caps.remove(self.db, self.account, "floor", "owner", self.now)

    def restart(self, _: int) -> None:
        orders.adopt(self.db, self.account, self.now)
        caps.open_account(
            self.db, 1, "s", "USD", MarginMode.HEDGING, Decimal(99_999), [FIRST], self.now
        )

    def flat(self, equity: int) -> None:
        breaches.flat(self.db, self.account, self.latched, Decimal(equity), self.now)

    def pause(self, _: int) -> None:
        assert not breaches.pause(self.db, self.account, self.member, "Olga", self.now)

    def recover(self, equity: int) -> None:
        breaches.recovered(self.db, self.account, Decimal(equity), Decimal(9_000), self.now)

    def signal(self, number: int) -> None:
        ttl = timedelta(minutes=5)
        signals.ingest(self.db, DRAFT, "test", str(number), "x", self.now, ttl)
        signals.expire(self.db, self.now)

    def forgive(self, _: int) -> None:
        rule = LossStreak(3, timedelta(hours=1))
        protections.put(self.db, self.account, rule, "owner", None, self.now)
        protections.forgive(self.db, self.account, "owner", self.now)

    def again(self, _: int) -> None:
        breaches.flatten_again(self.db, self.account, self.now)

    def latch(self, _: int) -> None:
        self.latched = breaches.latch(self.db, self.account, self.breach, (), self.now, close=False)


ACTS = [name for name in vars(Desk) if not name.startswith("_")]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 90)), max_size=12))
def test_nothing_but_a_resume_clears_a_latch(steps: list[tuple[str, int]]) -> None:
    desk = Desk()
    for name, number in steps:
        desk.now += timedelta(seconds=1)
        getattr(desk, name)(number * (200 if name in {"read", "flat", "recover", "floor"} else 1))
        assert people.account(desk.db, desk.account).trading_state is TradingState.HALTED, name
    desk.flat(9_500)
    assert breaches.resume(desk.db, desk.account, desk.member, "Olga", desk.now)
    assert people.account(desk.db, desk.account).trading_state is TradingState.ACTIVE
    kept = desk.db.execute("SELECT count(*) FROM breach").fetchone()
    assert kept[0] == 1 + sum(name == "latch" for name, _ in steps)
