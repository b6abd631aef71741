"""The table of rights: every command and every button, by each role, on one's own and a foreign
account, through the real dispatcher. What is refused writes nothing and shows nothing.

The commands' table is ``handlers/commands.py``, the buttons' ``handlers/callbacks.py:BUTTONS``;
pages and routes keep theirs in one place each and are driven there.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from sqlite3 import Connection

import pytest
import pytest_asyncio
from aiogram.filters.callback_data import CallbackData

from handlers import callbacks as tap
from handlers.callbacks import BUTTONS
from handlers.commands import COMMANDS, About, CommandRow
from storage.rows import encode
from tests.support.fresh import ON_POSTGRES
from tests.support.rights_desk import MARK, Place, RightsDesk, rights_desk
from trading.drawdown import Cap, CapKind
from trading.drawdown.shorthand import encode as encode_cap
from trading.ids import AccountId, ApprovalId
from trading.model import Member, Role, Side
from trading.parser import SignalUpdate, UpdateKind
from trading.positions.model import Request
from trading.sketch import Sketch

pytestmark = pytest.mark.skipif(
    ON_POSTGRES, reason="a server does not count a connection's changes"
)

STRANGER, LEAVES = 66, 90
ROLES = (None, Role.VIEWER, Role.TRADER, Role.OWNER)
REFUSED = re.compile(
    r"needs the role|none of your|You have no right|You may not|You may look|[Oo]nly an? owner"
    r"|\d+ is not known|no such signal|not known any more|no open position|Only the one|Only who"
    r"|no order \d+ waits|No account \d+ is yours|not yours"
)
"""How a refusal for want of a right reads, whatever its own words."""


_TURNED_AWAY = "You are not a member of this desk."


def arguments(row: CommandRow, at: Place) -> str:
    """Return words behind a command that a person with every right may say of that account."""
    ticket = {"forceexit": " 50%", "partial": " 50", "sl": " 1.06", "tp": " 1.2", "trail": " 500"}
    ticket |= {"timelimit": " 4h", "be": ""}
    if row.name in ticket:
        return f"{at.ticket}{ticket[row.name]}"
    known = {
        "cancel": str(at.order),
        "order": str(at.ticket),
        "approve": f"{at.signal} half",
        "reject": f"{at.signal} too late",
        "why": str(at.signal),
        "trade": "BUY EURUSD SL 1.05 TP 1.2",
        "riskpct": "0.25",  # what the button sets: more would be an owner's alone
        "invite": f"trader {at.login}",
        "grant": f"123456789 trader {at.login}",
        "revoke": f"{LEAVES} {at.login}",
        "calc": "EURUSD 1.05 1%",
        "account": "",
        "help": "",
        "grantplan": "71 trader 30",
        "start": "",
        "channel": "",
    }
    return known.get(row.name, row.example.partition(" ")[2])


NAMED = frozenset({About.EACH, About.ONE, About.ONE_OR_ALL, About.SHOW_OR_SET, About.SENDER})
IN_WORDS = frozenset({"order", "why", "invite", "grant", "revoke"})
"""Commands whose own words name the account, a ticket or a signal on it."""
POINTED = frozenset(
    ["forceexit", "partial", "be", "sl", "tp", "trail", "timelimit", "cancel", "approve", "reject"]
)
"""Commands that reach an account by a ticket or a signal as well as by its name."""


@dataclass
class Scene:
    """Who does it, on whose account."""

    desk: RightsDesk
    role: Role | None
    mine: Place
    theirs: Place

    @property
    def who(self) -> int:
        return STRANGER if self.role is None else self.mine.people[self.role].telegram_id

    @property
    def runs_the_desk(self) -> bool:
        return self.role is Role.OWNER and self.mine is self.desk.places[0]

    def may(self, needed: Role, *, desk: bool = False) -> bool:
        """Say what the tables say of one's own account."""
        if self.role is None or (desk and not self.runs_the_desk):
            return False
        return self.role.may(needed)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RightsDesk]:
    folder: Path = tmp_path_factory.mktemp("rights")
    async with rights_desk(folder) as one:
        yield one


def scenes(desk: RightsDesk) -> list[Scene]:
    first, second = desk.places
    return [
        Scene(desk, role, *pair) for pair in ((first, second), (second, first)) for role in ROLES
    ]


async def refused(scene: Scene, act: Awaitable[str]) -> str:
    """Do something that must be refused: nothing is written, nothing of others is shown."""
    before = await scene.desk.written()
    said = await act
    if scene.role is None:
        assert said in ("", _TURNED_AWAY) or said.startswith("Your Telegram id"), said
    else:
        assert REFUSED.search(said), said
    assert MARK not in said or scene.mine is not scene.desk.places[0], said
    assert await scene.desk.written() == before, said
    return said


async def allowed(act: Awaitable[str]) -> str:
    said = await act
    assert not REFUSED.search(said), said
    assert "Something went wrong" not in said
    return said


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
async def test_a_command_does_what_the_table_says(desk: RightsDesk, row: CommandRow) -> None:
    for scene in scenes(desk):
        said = f"/{row.name} {arguments(row, scene.mine)}".strip()
        needed = row.sets if row.sets is not None and " " in said else row.role
        if row.about in NAMED:
            said = f"/{row.name} @{scene.mine.login} {arguments(row, scene.mine)}".strip()
        if scene.may(needed, desk=row.about is About.DESK):
            await allowed(desk.says(scene.who, said))
        else:
            await refused(scene, desk.says(scene.who, said))
        for foreign in of_another(row, scene):
            await refused(scene, desk.says(scene.who, foreign))


def of_another(row: CommandRow, scene: Scene) -> list[str]:
    """Return every way to say a command of an account one has no right on."""
    words = arguments(row, scene.theirs)
    ways = []
    if row.about in NAMED:
        ways.append(f"/{row.name} @{scene.theirs.login} {words}".strip())
    if row.name in IN_WORDS | POINTED:
        ways.append(f"/{row.name} {words}")
    if row.name == "account":
        ways += [f"/account {what} {scene.theirs.login}" for what in ("check", "remove")]
    return ways


_TTL = timedelta(minutes=5)
Make = Callable[[Scene, Place], Awaitable[CallbackData]]


def _plain(make: Callable[[AccountId, Place], CallbackData]) -> Make:
    """Return how a button is made that carries the account itself."""

    async def made(_scene: Scene, at: Place) -> CallbackData:
        return make(at.account_id, at)

    return made


async def _approval(scene: Scene, at: Place) -> ApprovalId:
    _, approval = await scene.desk.offer(at.account_id, f"tap:{scene.desk.number()}")
    return approval


async def _decide(scene: Scene, at: Place) -> CallbackData:
    return tap.Decide(approval_id=await _approval(scene, at), decision="reject")


async def _edit(scene: Scene, at: Place) -> CallbackData:
    return tap.EditCard(approval_id=await _approval(scene, at))


def _asker(scene: Scene, at: Place) -> Member:
    """Return whose question it is: one's own on one's own account, else its owner's."""
    return (at.people if at is scene.theirs else scene.mine.people)[
        Role.OWNER if at is scene.theirs or scene.role is None else scene.role
    ]


async def _reason(scene: Scene, at: Place) -> CallbackData:
    rejected, by = await _approval(scene, at), _asker(scene, at).id
    await scene.desk.desk.database.run(
        lambda db: db.execute(
            "UPDATE approval SET status = 'rejected', member_id = ? WHERE id = ?", (by, rejected)
        )
    )
    return tap.RejectReason(approval_id=rejected, number=0)


async def _drop(scene: Scene, at: Place) -> CallbackData:
    return tap.HeldTap(held_id=await _held(scene.desk, at), what="drop")


async def _stop(scene: Scene, at: Place) -> CallbackData:
    return tap.StopTap(held_id=await _held(scene.desk, at), stop="1.05")


async def _ignore(scene: Scene, at: Place) -> CallbackData:
    return tap.UpdateTap(amendment_id=await _update(scene.desk, at.account_id), signal_id=-1)


async def _confirm(scene: Scene, at: Place) -> CallbackData:
    store, asker = scene.desk.stores.desk, _asker(scene, at)
    asked = await store.ask(asker.id, at.account_id, "cap_off", "daily", _TTL)
    return tap.ConfirmTap(confirm_id=asked, yes=False)


async def _position(scene: Scene, at: Place) -> CallbackData:
    store, asker = scene.desk.stores.positions, _asker(scene, at)
    asked = await store.ask_for(asker.id, at.account_id, Request(()), _TTL)
    return tap.PositionTap(confirm_id=asked, yes=False)


async def _balance(scene: Scene, at: Place) -> CallbackData:
    question = await _question(scene.desk, at.account_id)
    return tap.BalanceTap(question_id=question, answer="result")


async def _question(desk: RightsDesk, account: AccountId) -> int:
    def ask(db: Connection) -> int:
        db.execute("UPDATE balance_question SET settled_ms = 1 WHERE account_id = ?", (account,))
        sql = (
            "INSERT INTO balance_question (account_id, amount, asked_ms) VALUES (?, '1', 1)"
            " RETURNING id"
        )
        return int(db.execute(sql, (account,)).fetchone()[0])

    return await desk.desk.database.run(ask)


async def _held(desk: RightsDesk, at: Place) -> int:
    """Return a message held of a person who may trade on that account."""
    by, number = at.people[Role.TRADER].id, desk.number()
    return await desk.desk.database.run(
        lambda db: db.execute(
            "INSERT INTO held (source_id, ref, text, why, sketch_json, incomplete, status,"
            " created_ms, expires_ms, by_member) VALUES (1, ?, 'x', 'y', ?, 0, 'open', 1, ?, ?)"
            " RETURNING id",
            (f"h{number}", _SKETCH, _LATER_MS, by),
        ).fetchone()[0]
    )


_SKETCH = encode(Sketch(symbol="EURUSD", side=Side.BUY, take_profits=(Decimal("1.2"),)))


_CAP = encode_cap(Cap(CapKind.DAILY, Decimal(5)))
_CLOSE = encode(SignalUpdate(kinds=(UpdateKind.CLOSE_ALL,)))
_LATER_MS = 9_000_000_000_000


async def _update(desk: RightsDesk, account: AccountId) -> int:
    number = desk.number()
    return await desk.desk.database.run(
        lambda db: db.execute(
            "INSERT INTO amendment (source_id, ref, text, update_json, options_json,"
            " accounts_json, status, created_ms, expires_ms)"
            " VALUES (1, ?, 'x', ?, '[]', ?, 'open', 1, ?) RETURNING id",
            (f"u{number}", _CLOSE, f"[{account}]", _LATER_MS),
        ).fetchone()[0]
    )


OF_ACCOUNTS: dict[type[CallbackData], Make] = {
    tap.Decide: _decide,
    tap.EditCard: _edit,
    tap.RejectReason: _reason,
    tap.HeldTap: _drop,
    tap.StopTap: _stop,
    tap.UpdateTap: _ignore,
    tap.ConfirmTap: _confirm,
    tap.PositionTap: _position,
    tap.BalanceTap: _balance,
    tap.PickPosition: _plain(lambda a, at: tap.PickPosition(what=str(at.ticket), account_id=a)),
    tap.CapStep: _plain(lambda a, _: tap.CapStep(account_id=a, kind="daily", value="3")),
    tap.CapEdit: _plain(lambda a, _: tap.CapEdit(account_id=a, act="show", code=_CAP)),
    tap.PresetTap: _plain(lambda a, _: tap.PresetTap(account_id=a, name="ftmo")),
    tap.RiskTap: _plain(lambda a, _: tap.RiskTap(account_id=a, value="0.25")),
    tap.FollowTap: _plain(lambda a, _: tap.FollowTap(account_id=a, source_id=1, level="off")),
    tap.Refresh: _plain(lambda a, _: tap.Refresh(what="status", account_id=a)),
    tap.TradesAt: _plain(
        lambda a, _: tap.TradesAt(account_id=a, closed_ms=1, trade_id=1, newer=False)
    ),
    tap.Performance: _plain(lambda a, _: tap.Performance(account_id=a, by="symbol", at=0)),
}
"""Buttons of one account, each made fresh and waiting for an answer."""

OF_NO_ACCOUNT = {
    tap.SourceTap: tap.SourceTap(source_id=1, words="risk 0.5"),
    tap.AuditPage: tap.AuditPage(before=0),
    tap.PickAccount: tap.PickAccount(name="all"),
    tap.CancelWork: tap.CancelWork(work_id=1),
    tap.NotifyTap: tap.NotifyTap(event="people", level="on"),
    tap.SettingTap: tap.SettingTap(what="numbers", value="point"),
    tap.BuyPlan: tap.BuyPlan(plan="trader", provider="stars"),
    tap.TokenTap: tap.TokenTap(act="hide"),
    tap.EmailTap: tap.EmailTap(kind="report", on=False),
    tap.Ack: tap.Ack(alarm_id=1_000_000),  # nobody was told of that one
}
"""Buttons about the person themselves or the whole desk: whose they are is judged by the role."""


def test_every_button_is_in_the_table_and_driven_here() -> None:
    known = {
        one
        for one in vars(tap).values()
        if isinstance(one, type) and issubclass(one, CallbackData) and one is not CallbackData
    }
    assert set(BUTTONS) == known
    assert set(OF_NO_ACCOUNT) | set(OF_ACCOUNTS) == known


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", OF_ACCOUNTS, ids=lambda kind: kind.__name__)
async def test_a_button_of_an_account_does_what_the_table_says(
    desk: RightsDesk, kind: type[CallbackData]
) -> None:
    for scene in scenes(desk):
        own = await OF_ACCOUNTS[kind](scene, scene.mine)
        if scene.may(BUTTONS[kind].role):
            await allowed(desk.taps(scene.who, own))
        else:
            await refused(scene, desk.taps(scene.who, own))
        foreign = await OF_ACCOUNTS[kind](scene, scene.theirs)
        await refused(scene, desk.taps(scene.who, foreign))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", OF_NO_ACCOUNT, ids=lambda kind: kind.__name__)
async def test_a_button_of_no_account_does_what_the_table_says(
    desk: RightsDesk, kind: type[CallbackData]
) -> None:
    for scene in scenes(desk):
        row, button = BUTTONS[kind], OF_NO_ACCOUNT[kind]
        if kind is tap.PickAccount:
            other = tap.PickAccount(name=f"#{scene.theirs.account_id}")
            await refused(scene, desk.taps(scene.who, other, "Which account?\n/pause"))
        elif kind is tap.Ack and scene.role is not None:
            await refused(scene, desk.taps(scene.who, button))
        elif scene.may(row.role, desk=row.desk):
            await allowed(desk.taps(scene.who, button))
        else:
            await refused(scene, desk.taps(scene.who, button))
