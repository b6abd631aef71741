"""What states, fates and steps are called on the pages."""

from typing import Final

from handlers.texts import later, t
from trading.drawdown import CapAction, CapKind
from trading.model import Role, TradingState
from trading.overview import FateKind
from trading.timeline import Step

_STATES: Final = {
    TradingState.ACTIVE: later("active"),
    TradingState.PAUSED: later("paused"),
    TradingState.HALTED: later("halted"),
}
_ROLES: Final = {
    Role.OWNER: later("owner"),
    Role.TRADER: later("trader"),
    Role.VIEWER: later("viewer"),
}
_FATES: Final = {
    FateKind.WAITING: later("waiting"),
    FateKind.APPROVED: later("approved"),
    FateKind.DECLINED: later("declined"),
    FateKind.EXPIRED: later("no answer"),
    FateKind.CANCELED: later("canceled"),
    FateKind.DENIED: later("denied by limits"),
    FateKind.SENT: later("sent"),
    FateKind.WORKING: later("at the broker"),
    FateKind.FILLED: later("filled"),
    FateKind.REFUSED: later("refused by the broker"),
    FateKind.WITHDRAWN: later("withdrawn"),
}
_KINDS: Final = {
    CapKind.STATIC: later("total"),
    CapKind.TRAILING: later("trailing"),
    CapKind.DAILY: later("daily"),
    CapKind.FLOOR: later("floor"),
}
_ACTIONS: Final = {
    CapAction.CLOSE: later("closes all"),
    CapAction.PAUSE: later("stops entries"),
    CapAction.WARN: later("only warns"),
}
_DELIVERIES: Final = {
    "ready": later("waits"),
    "sending": later("is being sent"),
    "sent": later("sent"),
    "dead": later("given up"),
    "expired": later("out of date"),
}
_STEPS: Final = {
    Step.SIGNAL: later("Signal"),
    Step.OFFERED: later("Card"),
    Step.DECIDED: later("Answer"),
    Step.CHECKED: later("Checks"),
    Step.ORDER: later("Order"),
    Step.DEAL: later("Deal"),
    Step.WISH: later("Wish"),
    Step.RULES: later("Rules"),
}
BAD: Final = frozenset({FateKind.DENIED, FateKind.REFUSED, FateKind.CANCELED, FateKind.WITHDRAWN})
"""Fates that a person may want to look into."""


def state(of: TradingState | str) -> str:
    """Return what a trading state is called."""
    return t(_STATES[TradingState(of)])


def role(of: Role) -> str:
    """Return what a role is called."""
    return t(_ROLES[of])


def fate(of: FateKind) -> str:
    """Return what became of a signal, in a word or two."""
    return t(_FATES[of])


def cap_kind(of: CapKind) -> str:
    """Return what a kind of cap is called."""
    return t(_KINDS[of])


def cap_action(of: CapAction) -> str:
    """Return what a cap does."""
    return t(_ACTIONS[of])


def delivery(status: str) -> str:
    """Return how a message fares."""
    return t(_DELIVERIES[status])


def step(of: Step) -> str:
    """Return what kind of thing happened."""
    return t(_STEPS[of])


def plain(key: str) -> str:
    """Return a key of the desk's own with spaces in it."""
    return key.replace("_", " ")
