"""Why a signal was, or was not, traded: the rules that were checked and what they found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trading.ids import MemberId, SignalId
from trading.model import ApprovalStatus, Denial, Finding, OrderStatus, SignalDraft


@dataclass(frozen=True, slots=True)
class Explanation:
    """One account's answer to a signal."""

    signal_id: SignalId
    account: str
    draft: SignalDraft
    status: ApprovalStatus
    order_status: OrderStatus | None
    """What became of its order; None where there was none."""
    detail: str
    """Why it ended, in words or as the code of a denial."""
    denial: Denial | None
    findings: tuple[Finding, ...]
    """Of the last look: when it was sent or refused, else when its card was made."""
    offered_only: bool
    """The findings are the card's: nothing was sent."""
    at: datetime


class WhyStore(Protocol):
    """What was checked, as it was kept with the fact it decided."""

    async def explain(self, member_id: MemberId, signal_id: SignalId) -> Sequence[Explanation]:
        """Return a signal's story on every account that the member may see."""
