"""What must hold before an account may trade, and what to press where it does not."""

from dataclasses import dataclass

from trading.model import AccountState, Snapshot, TerminalState
from trading.terminal.session import Login
from trading.words import told


@dataclass(frozen=True, slots=True)
class ReadinessItem:
    """One condition: whether it holds, and words that say what to do where it does not."""

    name: str
    ok: bool
    words: str


def readiness(
    snapshot: Snapshot | None, login: Login, offset: int | None, problem: str = ""
) -> tuple[ReadinessItem, ...]:
    """Return every condition in the order a person would fix them."""
    if snapshot is None:
        return (
            ReadinessItem("worker", ok=False, words=problem or told("the terminal was not read")),
        )
    return (
        ReadinessItem("worker", ok=True, words=told("the worker answers")),
        *_terminal_items(snapshot.terminal),
        *_account_items(snapshot.account, login),
        _server_time(offset),
    )


def obstacles(snapshot: Snapshot) -> tuple[str, ...]:
    """Return what keeps a connected terminal from trading, each with what to press."""
    items = (*_terminal_items(snapshot.terminal), *_account_items(snapshot.account, Login()))
    return tuple(item.words for item in items if not item.ok and item.name != "connected")


def _terminal_items(terminal: TerminalState) -> tuple[ReadinessItem, ...]:
    return (
        _item(
            "connected",
            terminal.connected,
            told("connected to the trade server, {ping} ms", ping=f"{terminal.ping_ms:.0f}"),
            told(
                "no connection to the trade server: look at the bottom right corner of the"
                " terminal, check the network and log in"
            ),
        ),
        _item(
            "autotrading",
            terminal.trade_allowed,
            told("AutoTrading is on"),
            told("AutoTrading is off in the terminal: press the AutoTrading button"),
        ),
        _item(
            "python_api",
            not terminal.tradeapi_disabled,
            told("the Python API is allowed"),
            told(
                "the terminal keeps Python out: switch off 'Disable automatic trading via external"
                " Python API' under Tools, Options, Expert Advisors"
            ),
        ),
    )


def _account_items(account: AccountState, login: Login) -> tuple[ReadinessItem, ...]:
    expected = login.login or account.login, login.server or account.server
    return (
        _item(
            "account",
            expected == (account.login, account.server),
            told("logged in to {login} at {server}", login=account.login, server=account.server),
            told(
                "logged in to {login} at {server}, not to {wanted} at {where}: log in to that"
                " account",
                login=account.login,
                server=account.server,
                wanted=expected[0],
                where=expected[1],
            ),
        ),
        _item(
            "trade_allowed",
            account.trade_allowed,
            told("the account may trade"),
            told(
                "the account may not trade: log in with the trading password, not the investor one"
            ),
        ),
        _item(
            "trade_expert",
            account.trade_expert,
            told("the broker allows automated trading"),
            told(
                "the broker forbids automated trading on this account: ask the broker to allow it"
            ),
        ),
        ReadinessItem(
            "margin_mode", ok=True, words=told("margin mode: {mode}", mode=account.margin_mode)
        ),
    )


def _server_time(offset: int | None) -> ReadinessItem:
    hours = 0.0 if offset is None else offset / 3600
    return _item(
        "server_time",
        offset is not None,
        told("the broker's clock is UTC{hours} h", hours=f"{hours:+g}"),
        told(
            "the broker's clock is not known yet: no quote was seen to change; wait for the market"
            " to open"
        ),
    )


def _item(name: str, ok: bool, good: str, bad: str) -> ReadinessItem:
    return ReadinessItem(name, ok, good if ok else bad)
