"""Whatever is told of payments, how often and in which order: each is booked exactly once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from storage import billing, rights
from tests.support.depth import examples
from tests.support.fresh import fresh_memory
from trading.billing import Booked, Invoice, Known, Payment, RefundAsked, Unmatched
from trading.ids import MemberId
from trading.plans import PLANS, Provider, standing

START = datetime(2026, 11, 1, tzinfo=UTC)


class Books(RuleBasedStateMachine):
    """A model of who paid what beside the tables that must agree with it."""

    def __init__(self) -> None:
        super().__init__()
        self.database = fresh_memory()
        rights.ensure_owners(self.database, (71, 72), START)
        self.now = START
        self.members = [
            MemberId(row["id"]) for row in self.database.execute("SELECT id FROM member")
        ]
        self.open: list[Invoice] = []
        self.sent: dict[tuple[Provider, str], Payment] = {}
        self.good: set[str] = set()
        self.refunded: set[str] = set()

    @rule(who=st.integers(0, 1), plan=st.sampled_from(["trader", "desk"]), stars=st.booleans())
    def ask(self, who: int, plan: str, stars: bool) -> None:
        provider = Provider.STARS if stars else Provider.CRYPTO
        tier = PLANS[plan]
        amount = Decimal(tier.stars) if stars else tier.usdt
        self.open.append(
            billing.open_invoice(
                self.database,
                self.members[who],
                provider,
                tier,
                amount,
                "XTR" if stars else "USDT",
                self.now,
            )
        )

    @rule(
        pick=st.integers(0, 50),
        short=st.sampled_from([Decimal(0), Decimal(0), Decimal("0.01"), Decimal(-1)]),
        payload=st.sampled_from(["", "", "plan:999", "nonsense"]),
    )
    def pay(self, pick: int, short: Decimal, payload: str) -> None:
        if not self.open:
            return
        invoice = self.open[pick % len(self.open)]
        charge = f"charge-{len(self.sent)}"
        payment = Payment(
            invoice.provider,
            charge,
            payload or invoice.payload,
            invoice.amount - short,
            invoice.currency,
            None,
        )
        fresh = billing.invoice(self.database, invoice.id)
        assert fresh is not None
        fits = not payload and short <= 0 and fresh.status.value != "paid"
        result = billing.pay(self.database, payment, self.now)
        self.sent[payment.provider, charge] = payment
        assert isinstance(result, Booked if fits else Unmatched)
        if fits:
            self.good.add(charge)

    @rule(pick=st.integers(0, 50))
    def tell_again(self, pick: int) -> None:
        if self.sent:
            payment = list(self.sent.values())[pick % len(self.sent)]
            assert isinstance(billing.pay(self.database, payment, self.now), Known)

    @rule(pick=st.integers(0, 50), twice=st.booleans())
    def refund(self, pick: int, twice: bool) -> None:
        if not self.good:
            return
        charge = sorted(self.good)[pick % len(self.good)]
        asked = billing.ask_refund(self.database, charge, self.members[0], self.now)
        assert isinstance(asked, RefundAsked) != (charge in self.refunded)
        assert billing.refunded(self.database, charge, self.now) == (charge not in self.refunded)
        if twice:
            assert not billing.refunded(self.database, charge, self.now)
        self.refunded.add(charge)

    @rule(days=st.integers(0, 40))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days, minutes=1)
        billing.expire_invoices(self.database, self.now)
        billing.remind(self.database, self.now)
        assert billing.remind(self.database, self.now) == 0

    @invariant()
    def every_payment_stands_once(self) -> None:
        booked = [row[0] for row in self.database.execute("SELECT external_id FROM booking")]
        kept = [
            row[0] for row in self.database.execute("SELECT external_id FROM unmatched_payment")
        ]
        assert sorted(booked) == sorted(self.good)
        assert sorted(booked + kept) == sorted(charge for _, charge in self.sent)

    @invariant()
    def the_plan_follows_the_bookings(self) -> None:
        for member in self.members:
            found = billing.bookings(self.database, member)
            had = [one for one in found if one.external_id not in self.refunded]
            if not had:
                assert standing(found, self.now).plan.key == "free"


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=examples(20), stateful_step_count=50, deadline=None)
