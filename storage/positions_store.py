"""The store of wishes and managed positions: every method is one durable transaction."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from storage import managed, orders, people, wishes
from storage.base import StoreBase
from storage.rows import decode, encode
from trading.clock import to_ms
from trading.ids import AccountId, ClientOrderId, ConfirmId, MemberId
from trading.model import Confirmation, NewOrder, Order, Role
from trading.positions.model import (
    Ask,
    Confirmed,
    Managed,
    ManagedId,
    NewManaged,
    Origin,
    Request,
    Wish,
    WishId,
)

ACTION = "positions"


class PositionStore(StoreBase):
    """What is wanted of open positions, and the rules they are kept by."""

    async def wanted(self, account_id: AccountId) -> tuple[tuple[Wish, ...], tuple[Managed, ...]]:
        return await self._glance(wanted_rows, account_id)

    async def origin(self, client_order_id: ClientOrderId) -> Origin | None:
        return await self._glance(managed.origin, client_order_id)

    async def manage(self, new: NewManaged) -> None:
        await self._database.run(managed.manage, new)

    async def grown(self, managed_id: ManagedId, volume: Decimal) -> None:
        await self._database.run(managed.grown, managed_id, volume)

    async def submit_wish(self, wish_id: WishId, new: NewOrder) -> Order | None:
        return await self._database.run(_submit_wish, wish_id, new, self._now())

    async def submit_rule(
        self, managed_id: ManagedId, ask: Ask, cause: str, new: NewOrder
    ) -> Order | None:
        return await self._database.run(_submit_rule, managed_id, ask, cause, new, self._now())

    async def drop_wish(self, wish_id: WishId, why: str) -> None:
        await self._write(wishes.drop, wish_id, why, self._now())

    async def ask_for(
        self, member_id: MemberId, account_id: AccountId, request: Request, ttl: timedelta
    ) -> ConfirmId:
        return await self._write(
            people.ask, member_id, account_id, ACTION, encode(request), self._now(), ttl
        )

    async def confirm(
        self, confirm_id: ConfirmId, member_id: MemberId, *, yes: bool
    ) -> Confirmed | str:
        return await self._write(_confirm, confirm_id, member_id, self._now(), yes=yes)

    async def flow_since(self, account_id: AccountId, since: datetime) -> Decimal:
        return await self._glance(flow_rows, account_id, since)

    async def wish(self, account_id: AccountId, asks: Sequence[Ask], cause: str) -> None:
        await self._write(wishes.add, account_id, tuple(asks), cause, self._now())


def flow_rows(connection: sqlite3.Connection, account_id: AccountId, since: datetime) -> Decimal:
    """Return deposits less withdrawals since an instant."""
    found = connection.execute(
        "SELECT profit FROM deal WHERE account_id = ? AND at_ms >= ?"
        " AND deal_type NOT IN ('buy', 'sell') AND deal_type = 'balance'",  # names the index's rows
        (account_id, to_ms(since)),
    )
    return sum((Decimal(row["profit"]) for row in found), Decimal(0))


def wanted_rows(
    connection: sqlite3.Connection, account_id: AccountId
) -> tuple[tuple[Wish, ...], tuple[Managed, ...]]:
    """Return the wishes that wait and the positions that are managed."""
    return wishes.waiting(connection, account_id), managed.open_ones(connection, account_id)


def _submit_wish(
    connection: sqlite3.Connection, wish_id: WishId, new: NewOrder, now: datetime
) -> Order | None:
    """Turn a wish into an order, once: both or neither."""
    still = connection.execute(
        "SELECT 1 FROM wish WHERE id = ? AND status = 'waiting'", (wish_id,)
    ).fetchone()
    if still is None:
        return None
    order = orders.submit(connection, new, now)
    if order is not None:
        wishes.sent(connection, wish_id, order.id)
    return order


def _submit_rule(
    connection: sqlite3.Connection,
    managed_id: ManagedId,
    ask: Ask,
    cause: str,
    new: NewOrder,
    now: datetime,
) -> Order | None:
    """Write a rule's order down with the rule it carries out."""
    order = orders.submit(connection, new, now)
    if order is not None:
        wishes.of_rule(connection, managed_id, new.account_id, ask, cause, order.id, now)
    return order


def _confirm(
    connection: sqlite3.Connection,
    confirm_id: ConfirmId,
    member_id: MemberId,
    now: datetime,
    *,
    yes: bool,
) -> Confirmed | str:
    """Use a confirmation up and write down all it stood for, or say in a word why not.

    Beside the words of ``take_confirmation``: ``rights``, ``canceled``.
    """
    taken = people.take_confirmation(connection, confirm_id, member_id, now)
    if isinstance(taken, str):
        return taken
    if taken.action != ACTION:
        return "unknown"
    if not yes:
        return "canceled"
    role = people.role_on(connection, member_id, taken.account_id)
    request = decode(Request, taken.detail)
    loosens = any(ask.may_loosen for ask in request.asks)
    if role is None or not role.may(Role.OWNER if loosens else Role.TRADER):
        return "rights"
    return _written(connection, taken, request, confirm_id, member_id, now)


def _written(
    connection: sqlite3.Connection,
    taken: Confirmation,
    request: Request,
    confirm_id: ConfirmId,
    member_id: MemberId,
    now: datetime,
) -> Confirmed:
    wishes.add(
        connection,
        taken.account_id,
        request.asks,
        "person",
        now,
        member=member_id,
        confirm=confirm_id,
    )
    for change in request.changes:
        managed.change(connection, change)
    people.audit(
        connection,
        now,
        "positions_asked",
        taken.detail,
        member=member_id,
        account=taken.account_id,
    )
    return Confirmed(confirm_id, taken.account_id, len(request.asks), len(request.changes))
