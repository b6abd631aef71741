"""Every command of the chat in one table: menu, help, rights and the README come from it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiogram.filters import Command

from trading.model import Role
from trading.words import told


class Topic(StrEnum):
    """What a command is about; the order is the order of help and menu."""

    LOOK = "look"
    POSITIONS = "positions"
    RESULTS = "results"
    ACT = "act"
    LIMITS = "limits"
    SIGNALS = "signals"
    PEOPLE = "people"
    MESSAGES = "messages"
    PLANS = "plans"
    DESK = "desk"


class Where(StrEnum):
    """In which chats a command is answered."""

    ANYWHERE = "anywhere"
    PRIVATE = "in a private chat"


class About(StrEnum):
    """Which accounts a command is about, and so whose role on what opens it."""

    NOTHING = "nothing"
    """No account, or what it names says which: the service judges."""
    DESK = "desk"
    """The desk as a whole: the role is needed on every account of it."""
    EACH = "each"
    """Every account its person has that role on, or the one that is named."""
    SENDER = "sender"
    """A signal: for every account its person may trade on, or the one named before it."""
    ONE = "one"
    """Exactly one account."""
    ONE_OR_ALL = "one or all"
    """One account, or all when that is said."""
    SHOW_OR_SET = "show or set"
    """Alone it shows each account; with words it sets one."""


@dataclass(frozen=True, slots=True)
class CommandRow:
    """A command: what it is called, who may say it where, and what it does in one line."""

    name: str
    role: Role
    topic: Topic
    summary: str
    example: str
    aliases: tuple[str, ...] = ()
    where: Where = Where.ANYWHERE
    about: About = About.NOTHING
    sets: Role | None = None
    """The role it needs with words behind it, where that is more than without."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every word it answers to, its own name first."""
        return (self.name, *self.aliases)


def _row(
    topic: Topic,
    role: Role,
    names: str,
    summary: str,
    example: str = "",
    where: Where = Where.ANYWHERE,
    about: About = About.NOTHING,
    sets: Role | None = None,
) -> CommandRow:
    name, *aliases = names.split()
    said = example or f"/{name}"
    return CommandRow(name, role, topic, summary, said, tuple(aliases), where, about, sets)


_V, _T, _A = Role.VIEWER, Role.TRADER, Role.OWNER

COMMANDS: Final[tuple[CommandRow, ...]] = (
    _row(
        Topic.LOOK, _V, "status st", "account and open positions", "/status table", about=About.EACH
    ),
    _row(Topic.LOOK, _V, "positions open", "open positions", about=About.EACH),
    _row(Topic.LOOK, _V, "drawdown dd risk", "every cap: floor, room, now", about=About.EACH),
    _row(Topic.LOOK, _V, "heartbeat", "the latest sign of life", about=About.EACH),
    _row(Topic.LOOK, _V, "orders oo", "orders that wait at the broker", about=About.EACH),
    _row(Topic.LOOK, _V, "order", "what became of one order or position", "/order 1234"),
    _row(Topic.LOOK, _V, "count", "open positions and risk against their limits", about=About.EACH),
    _row(Topic.LOOK, _V, "balance bal", "balance, equity, margin, today's flow", about=About.EACH),
    _row(
        Topic.POSITIONS,
        _T,
        "forceexit fx close forcesell",
        "close positions, whole or in part (asks first)",
        "/fx 1234 50%",
        about=About.EACH,
    ),
    _row(
        Topic.POSITIONS,
        _T,
        "partial",
        "close a part of one (asks first)",
        "/partial 1234 50",
        about=About.EACH,
    ),
    _row(
        Topic.POSITIONS,
        _T,
        "be breakeven",
        "stop to the entry (asks first)",
        "/be all",
        about=About.EACH,
    ),
    _row(
        Topic.POSITIONS,
        _T,
        "sl stoploss",
        "move a stop (asks first)",
        "/sl 1234 1.0950",
        about=About.EACH,
    ),
    _row(
        Topic.POSITIONS,
        _T,
        "tp",
        "move a target (asks first)",
        "/tp 1234 2 1.1200",
        about=About.EACH,
    ),
    _row(
        Topic.POSITIONS,
        _T,
        "trail",
        "let a stop follow the price, or no longer (asks first)",
        "/trail 1234 15",
        about=About.EACH,
    ),
    _row(
        Topic.POSITIONS,
        _T,
        "timelimit",
        "close a position after a time (asks first)",
        "/timelimit 1234 4h",
        about=About.EACH,
    ),
    _row(
        Topic.POSITIONS,
        _T,
        "cancel coo cancel_open_order",
        "take a pending order back (asks first)",
        "/cancel 1234",
        about=About.EACH,
    ),
    _row(
        Topic.RESULTS,
        _V,
        "profit",
        "what was earned, open and closed",
        "/profit 30",
        about=About.EACH,
    ),
    _row(
        Topic.RESULTS,
        _V,
        "profit_long",
        "the same of buys alone",
        "/profit_long 30",
        about=About.EACH,
    ),
    _row(
        Topic.RESULTS,
        _V,
        "profit_short",
        "the same of sells alone",
        "/profit_short 30",
        about=About.EACH,
    ),
    _row(Topic.RESULTS, _V, "daily", "results by trading day", "/daily 7", about=About.EACH),
    _row(Topic.RESULTS, _V, "weekly", "results by week", "/weekly 8", about=About.EACH),
    _row(Topic.RESULTS, _V, "monthly", "results by month", "/monthly 6", about=About.EACH),
    _row(
        Topic.RESULTS,
        _V,
        "trades history th",
        "closed trades, page by page",
        "/trades 5",
        about=About.EACH,
    ),
    _row(
        Topic.RESULTS,
        _V,
        "performance",
        "closed trades by symbol, source, hour or exit",
        "/performance source",
        about=About.EACH,
    ),
    _row(
        Topic.RESULTS,
        _V,
        "plot",
        "a chart of equity, drawdown or days",
        "/plot drawdown 30",
        about=About.EACH,
    ),
    _row(
        Topic.RESULTS,
        _V,
        "export",
        "closed trades or deals as a file",
        "/export csv 2026-01-01 2026-03-31",
        about=About.EACH,
    ),
    _row(
        Topic.RESULTS,
        _V,
        "report",
        "a day, week or month in one message, now or planned",
        "/report weekly fri 18:00",
        about=About.EACH,
    ),
    _row(
        Topic.RESULTS,
        _V,
        "stats",
        "win rate, expectancy, Sharpe, drawdown",
        "/stats 90",
        about=About.EACH,
    ),
    _row(Topic.DESK, _V, "health", "every part of the desk and the age of what it knows"),
    _row(Topic.ACT, _T, "pause stopentry stopbuy", "no new entries", about=About.ONE_OR_ALL),
    _row(Topic.ACT, _T, "resume reset_guard", "trade again (asks first)", about=About.ONE),
    _row(
        Topic.ACT,
        _T,
        "panic closeall flatten",
        "halt and close everything (asks first)",
        about=About.ONE_OR_ALL,
    ),
    _row(
        Topic.LIMITS,
        _V,
        "cap",
        "show or set the drawdown caps",
        "/cap daily 5",
        about=About.SHOW_OR_SET,
        sets=_T,
    ),
    _row(
        Topic.LIMITS,
        _V,
        "riskpct",
        "show or set what an account risks on a signal without a size",
        "/riskpct 0.5",
        about=About.SHOW_OR_SET,
        sets=_T,
    ),
    _row(Topic.LOOK, _V, "accounts", "your accounts, your role on each and its risk"),
    _row(
        Topic.LIMITS,
        _V,
        "preset",
        "a firm's caps, to look at or to set",
        "/preset ftmo",
        about=About.ONE,
        sets=_A,
    ),
    _row(
        Topic.LIMITS,
        _V,
        "calc",
        "the lots for a risk to a stop",
        "/calc XAUUSD 2644 1%",
        about=About.ONE,
    ),
    _row(Topic.SIGNALS, _V, "signals", "the latest signals and their fate", about=About.EACH),
    _row(Topic.SIGNALS, _V, "why", "every rule that was checked for a signal", "/why 12"),
    _row(Topic.SIGNALS, _V, "pending", "the cards that wait for an answer", about=About.EACH),
    _row(Topic.SIGNALS, _T, "approve", "say yes to a card", "/approve 12 half", about=About.EACH),
    _row(Topic.SIGNALS, _T, "reject", "say no to a card", "/reject 12 too late", about=About.EACH),
    _row(Topic.SIGNALS, _V, "channels sources", "where signals come from"),
    _row(Topic.SIGNALS, _V, "channel", "show or set a source", "/channel 2 shadow"),
    _row(Topic.SIGNALS, _V, "score", "the record of a source, or of all", "/score 2"),
    _row(
        Topic.SIGNALS,
        _T,
        "trade signal",
        "put a signal to the desk",
        "/trade BUY XAUUSD SL 2644 TP 2662.5",
        about=About.SENDER,
    ),
    _row(
        Topic.SIGNALS,
        _V,
        "parse",
        "read a signal without trading it",
        "/parse SELL LIMIT EURUSD 1.0950 SL 1.1000",
    ),
    _row(
        Topic.PEOPLE,
        _V,
        "account",
        "your own MetaTrader accounts: add, check, remove",
        "/account add",
    ),
    _row(
        Topic.ACT,
        _A,
        "two_person twoman",
        "risk above which two people must approve",
        "/two_person 1.5",
        about=About.ONE,
    ),
    _row(
        Topic.PEOPLE,
        _A,
        "invite",
        "a link that lets one person in, once",
        "/invite trader",
        Where.PRIVATE,
    ),
    _row(Topic.PEOPLE, _A, "users", "everyone and their rights", where=Where.PRIVATE),
    _row(Topic.PEOPLE, _A, "grant", "give a person a role", "/grant 123456789 trader"),
    _row(Topic.PEOPLE, _A, "revoke", "take a person's rights away", "/revoke 123456789"),
    _row(
        Topic.PEOPLE,
        _A,
        "audit",
        "who did what, and the proof of it",
        "/audit verify",
        Where.PRIVATE,
    ),
    _row(
        Topic.MESSAGES,
        _V,
        "notify",
        "what you hear: each event on, silent or off",
        "/notify heartbeat off",
    ),
    _row(Topic.MESSAGES, _V, "mute", "no sound for a while, but for what is critical", "/mute 2h"),
    _row(Topic.MESSAGES, _V, "unmute", "sound again"),
    _row(
        Topic.MESSAGES,
        _V,
        "quiet",
        "hours without a sound in your own zone",
        "/quiet 22:00-07:00",
    ),
    _row(
        Topic.MESSAGES,
        _V,
        "email",
        "what also comes by e-mail, and where to",
        "/email you@example.com",
        Where.PRIVATE,
    ),
    _row(Topic.MESSAGES, _T, "ack", "I have seen the alarm: it rings no more"),
    _row(
        Topic.DESK,
        _V,
        "token",
        "your keys to the API: list, make, end",
        "/token new accounts,results 30",
        Where.PRIVATE,
    ),
    _row(
        Topic.DESK,
        _V,
        "settings",
        "your language, zone, numbers and keyboard",
        "/settings zone Europe/Berlin",
        Where.PRIVATE,
    ),
    _row(
        Topic.DESK,
        _V,
        "dashboard app",
        "your pages: here or in a browser",
        where=Where.PRIVATE,
    ),
    _row(Topic.PLANS, _V, "plan", "your plan and what it allows"),
    _row(Topic.PLANS, _V, "upgrade", "the plans there are, to buy"),
    _row(Topic.PLANS, _V, "invoice", "your invoices and payments"),
    _row(Topic.PLANS, _V, "trial", "try a plan once, for a week"),
    _row(Topic.PLANS, _V, "promo", "use a promotion code", "/promo SPRING"),
    _row(Topic.PLANS, _V, "paysupport", "help with a payment"),
    _row(Topic.PLANS, _V, "terms", "the terms of the plans"),
    _row(
        Topic.PLANS,
        _A,
        "grantplan",
        "give days of a plan",
        "/grantplan 123456 trader 30",
        about=About.DESK,
    ),
    _row(Topic.PLANS, _A, "refund", "give a payment back", "/refund REFERENCE", about=About.DESK),
    _row(Topic.DESK, _V, "start", "welcome and your own id"),
    _row(Topic.DESK, _V, "help", "what you can say", "/help cap"),
    _row(Topic.DESK, _V, "id tg_info", "the ids of you and this chat"),
)

_BY_NAME: Final = {name: row for row in COMMANDS for name in row.names}


def row_of(word: str) -> CommandRow | None:
    """Return the row of a command or alias, with or without its slash; None when unknown."""
    return _BY_NAME.get(word.removeprefix("/").partition("@")[0].casefold())


def command(name: str) -> Command:
    """Return the filter for a command of the table under all its names."""
    return Command(*_BY_NAME[name].names, ignore_case=True)


def open_to(
    role: Role, *, private: bool = True, desk: Role | None = Role.OWNER
) -> tuple[CommandRow, ...]:
    """Return the commands that role may say there, in the order of their topics.

    ``desk`` is the role on every account of the desk.
    """
    return tuple(
        row
        for topic in Topic
        for row in COMMANDS
        if row.topic is topic
        and role.may(row.role)
        and (private or row.where is Where.ANYWHERE)
        and (row.about is not About.DESK or (desk is not None and desk.may(row.role)))
    )


def refusal(row: CommandRow | None, role: Role, *, private: bool, desk: Role | None) -> str | None:
    """Return in one line why this person may not say this here, or None when they may.

    ``role`` is their highest on any account, ``desk`` the one on every account of the desk.
    """
    if row is None:
        return told(
            "This command is in no table of rights, so nobody may use it. Nothing was done."
        )
    if not role.may(row.role):
        return told(
            "/{name} needs the role {needed}; you are {role}. Nothing was done.",
            name=row.name,
            needed=row.role,
            role=role,
        )
    if row.about is About.DESK and (desk is None or not desk.may(row.role)):
        return told(
            "/{name} is about the whole desk: it needs the role {needed} on every account of it."
            " Nothing was done.",
            name=row.name,
            needed=row.role,
        )
    if row.where is Where.PRIVATE and not private:
        return told(
            "/{name} is answered in a private chat with me only. Nothing was done.", name=row.name
        )
    return None
