"""The results' store: questions go past the writer, so that no order waits for an answer."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import date, datetime
from sqlite3 import Connection
from typing import Concatenate, ParamSpec, TypeVar, cast

from storage import result_answers, results
from storage.base import StoreBase
from storage.database import Database
from trading.clock import Clock
from trading.drawdown.dayclock import DayClock
from trading.ids import AccountId
from trading.model import Side
from trading.results.figures import EquityPoint, SpanResult, Tally
from trading.results.periods import Grain, trading_day
from trading.results.views import Cursor, Dimension, Statistics, Summary, TradePage

P = ParamSpec("P")
T = TypeVar("T")

MOST_ANSWERS = 256


class ResultStore(StoreBase):
    """Implements ``trading.results.views.ResultStore`` over the one database.

    An answer is kept until something is booked for its account or its day ends: asking again
    costs one look at a row.
    """

    def __init__(
        self, database: Database, clock: Clock, said: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(database, clock, said)
        self._answers: OrderedDict[tuple[object, ...], tuple[object, object]] = OrderedDict()

    async def open(self, clock: DayClock) -> None:
        """Let days begin by this clock, and build what is not built by it, part by part."""
        await self._write(results.set_clock, clock)
        while await self._write(results.build_some):
            pass

    async def day_clock(self, account_id: AccountId) -> DayClock:
        return await self._glance(results.clock_of, account_id)

    async def summary(self, account_id: AccountId, days: int | None, side: Side | None) -> Summary:
        return await self._answer(result_answers.summary, account_id, days, side)

    async def spans(self, account_id: AccountId, grain: Grain, count: int) -> list[SpanResult]:
        return await self._answer(result_answers.spans, account_id, grain, count)

    async def groups(self, account_id: AccountId, dimension: Dimension) -> list[tuple[str, Tally]]:
        return await self._answer(_groups, account_id, dimension)

    async def page(self, account_id: AccountId, cursor: Cursor | None, count: int) -> TradePage:
        return await self._answer(_page, account_id, cursor, count)

    async def statistics(self, account_id: AccountId, days: int) -> Statistics:
        return await self._answer(result_answers.statistics, account_id, days)

    async def curve(self, account_id: AccountId, days: int) -> list[EquityPoint]:
        return await self._aside(result_answers.curve, account_id, days, self._now())

    async def _answer(
        self,
        function: Callable[Concatenate[Connection, AccountId, P], T],
        account_id: AccountId,
        *asked: object,
    ) -> T:
        now = self._now()
        state = await self._glance(_state, account_id, now)
        key = (function, account_id, *asked)
        known = self._answers.get(key)
        if known is not None and known[0] == state:
            self._answers.move_to_end(key)
            return cast(T, known[1])
        answer = await self._aside(lambda one: function(one, account_id, *asked, now))  # type: ignore[call-arg,arg-type]  # the questions of this class
        self._answers[key] = (state, answer)
        if len(self._answers) > MOST_ANSWERS:
            self._answers.popitem(last=False)
        return answer


def _state(connection: Connection, account_id: AccountId, now: datetime) -> tuple[int, date]:
    """Return what an answer depends on beside its question: what is booked, and the day."""
    day = trading_day(results.clock_of(connection, account_id), now)
    return results.revision_of(connection, account_id), day


def _groups(
    connection: Connection, account_id: AccountId, dimension: Dimension, now: datetime
) -> list[tuple[str, Tally]]:
    del now  # of all time
    return result_answers.groups(connection, account_id, dimension)


def _page(
    connection: Connection, account_id: AccountId, cursor: Cursor | None, count: int, now: datetime
) -> TradePage:
    del now  # places do not move with it
    return result_answers.page(connection, account_id, cursor, count)
