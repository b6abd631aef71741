"""Drawdown caps as pure rules: instants and money come in as arguments, verdicts go out.

``caps`` says what a cap is, ``grammar`` reads one from chat, ``rules`` judges a reading
against it, ``readings`` judges the reading itself, ``confirm`` asks for a second one.
"""

from trading.drawdown.caps import (
    DEFAULT_DRAWDOWN_THRESHOLD,
    MAX_DRAWDOWN_THRESHOLD,
    MIN_DRAWDOWN_THRESHOLD,
    AllowanceOf,
    Cap,
    CapAction,
    CapKind,
    DayBase,
    LockAt,
    Scope,
    TrailOver,
    Unit,
    describe,
    validate,
)
from trading.drawdown.dayclock import Day, DayClock, day_of
from trading.drawdown.edits import edit, is_looser
from trading.drawdown.grammar import parse_cap
from trading.drawdown.rules import binding, observe, start
from trading.drawdown.state import CapState, DayInputs, Observation, Reading

__all__ = [
    "DEFAULT_DRAWDOWN_THRESHOLD",
    "MAX_DRAWDOWN_THRESHOLD",
    "MIN_DRAWDOWN_THRESHOLD",
    "AllowanceOf",
    "Cap",
    "CapAction",
    "CapKind",
    "CapState",
    "Day",
    "DayBase",
    "DayClock",
    "DayInputs",
    "LockAt",
    "Observation",
    "Reading",
    "Scope",
    "TrailOver",
    "Unit",
    "binding",
    "day_of",
    "describe",
    "edit",
    "is_looser",
    "observe",
    "parse_cap",
    "start",
    "validate",
]
