"""Analytics hooks: what the loop did, as events anyone may listen to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """Everything the loop reports: a closed list."""

    SIGNAL_INGESTED = "signal_ingested"
    SIGNAL_OFFERED = "signal_offered"
    APPROVAL_DECIDED = "approval_decided"
    ORDER_DENIED = "order_denied"
    ORDER_SUBMITTED = "order_submitted"
    ORDER_APPLIED = "order_applied"
    ORDER_UNRESOLVED = "order_unresolved"
    ORDER_RESOLVED = "order_resolved"
    DRAWDOWN_BREACHED = "drawdown_breached"
    ACCOUNT_FLAT = "account_flat"
    PASS_DONE = "pass_done"  # noqa: S105 - a pass of the loop
    PASS_FAILED = "pass_failed"  # noqa: S105
    HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, with its figures (latencies in milliseconds)."""

    event_type: EventType
    timestamp: datetime
    loop_id: str
    metadata: Mapping[str, str | int | float] = field(default_factory=dict)


Listener = Callable[[Event], None]
