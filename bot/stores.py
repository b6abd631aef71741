"""Every store over the one database, by concern, and what a commit that said something calls."""

from collections.abc import Callable
from dataclasses import dataclass

from storage.amendments import AmendmentStore
from storage.attention_store import AttentionStore
from storage.billing_store import BillingStore
from storage.card_store import CardStore
from storage.database import Database
from storage.exports import ExportStore
from storage.long_work import LongWorkStore
from storage.member_store import MemberStore
from storage.positions_store import PositionStore
from storage.reports import ReportStore
from storage.result_store import ResultStore
from storage.scores import ScoreStore
from storage.sources_store import SourceStore
from storage.store import SqliteStore
from storage.subscriptions import SubscriptionStore
from storage.terminals_store import TerminalsStore
from storage.timeline import TimelineStore
from storage.why import SqliteWhyStore
from trading.clock import Clock


class Said:
    """Hurries the senders once they are built; what was written before that waits in its table."""

    def __init__(self) -> None:
        self._hurry: tuple[Callable[[], None], ...] = ()

    def hurries(self, *senders: Callable[[], None]) -> None:
        """Take who is to be hurried."""
        self._hurry = senders

    def __call__(self) -> None:
        """Say that a commit may have written a message."""
        for hurry in self._hurry:
            hurry()


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of a desk; each method of each is one transaction."""

    desk: SqliteStore
    members: MemberStore
    attention: AttentionStore
    cards: CardStore
    positions: PositionStore
    sources: SourceStore
    subscriptions: SubscriptionStore
    scores: ScoreStore
    amendments: AmendmentStore
    terminals: TerminalsStore
    billing: BillingStore
    results: ResultStore
    reports: ReportStore
    long_work: LongWorkStore
    exports: ExportStore
    timelines: TimelineStore
    why: SqliteWhyStore


def open_stores(database: Database, clock: Clock, said: Said) -> Stores:
    """Return every store over a database that is open."""
    return Stores(
        desk=SqliteStore(database, clock, said),
        members=MemberStore(database, clock, said),
        attention=AttentionStore(database, clock, said),
        cards=CardStore(database, clock, said),
        positions=PositionStore(database, clock, said),
        sources=SourceStore(database, clock, said),
        subscriptions=SubscriptionStore(database, clock, said),
        scores=ScoreStore(database, clock, said),
        amendments=AmendmentStore(database, clock, said),
        terminals=TerminalsStore(database, clock, said),
        billing=BillingStore(database, clock, said),
        results=ResultStore(database, clock),
        reports=ReportStore(database, clock, said),
        long_work=LongWorkStore(database, clock),
        exports=ExportStore(database, clock),
        timelines=TimelineStore(database, clock),
        why=SqliteWhyStore(database, clock),
    )
