"""The audit trail: every row is sealed over its content and the seal before it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trading.ids import MemberId
from trading.words import told

GENESIS = "0" * 64
"""What the first row is sealed over."""
_PAGE = 2000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which account, and the seal that keeps it so."""

    id: int
    at_ms: int
    member_id: int | None
    account_id: int | None
    action: str
    detail: str
    previous: str
    seal: str

    @property
    def holds(self) -> bool:
        """Tell whether the content is what was sealed."""
        return self.seal == seal(
            self.previous,
            (self.id, self.at_ms, self.member_id, self.account_id, self.action, self.detail),
        )


Content = tuple[int, int, int | None, int | None, str, str]


def seal(previous: str, content: Content) -> str:
    """Return SHA-256 over the seal before and the row's content as canonical JSON."""
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where the chain begins and ends: kept apart, so that a cut-off end is missed."""

    since_id: int
    last_id: int
    seal: str


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A row as people read it."""

    id: int
    at: datetime
    who: str
    account: str
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class Intact:
    """Every row is as it was written."""

    rows: int
    seal: str
    holds_known: bool
    """Whether the seal a person had kept is among them (True when none was given)."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A row was altered, removed or put in."""

    row_id: int
    why: str


class AuditStore(Protocol):
    """The trail as it is kept; each method is one transaction."""

    async def audit_lines(
        self, member_id: MemberId, before: int | None, limit: int
    ) -> list[AuditLine]:
        """Return rows of the accounts a member owns, newest first, older than an id."""

    async def audit_page(self, after: int, limit: int) -> tuple[list[AuditEntry], AuditHead]:
        """Return the rows after an id, oldest first, and the chain's end as of now."""


class AuditService:
    """Shows the trail and proves that nobody touched it."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    async def lines(
        self, member_id: MemberId, before: int | None = None, limit: int = 10
    ) -> list[AuditLine]:
        """Return what was done, newest first."""
        return await self._store.audit_lines(member_id, before, limit)

    async def verify(self, known: str = "") -> Intact | Broken:
        """Walk the whole chain a page at a time, so that no other work waits long for it."""
        last, previous, count, seen = -1, GENESIS, 0, not known
        while True:
            page, head = await self._store.audit_page(last, _PAGE)
            if last < 0:
                last = head.since_id
            for entry in page:
                broken = _break(entry, last, previous)
                if broken is not None:
                    return broken
                last, previous, count = entry.id, entry.seal, count + 1
                seen = seen or entry.seal.startswith(known)
            if len(page) == _PAGE:
                continue
            if (last, previous) != (head.last_id, head.seal):
                return Broken(last + 1, told("rows are missing at the end"))
            return Intact(count, previous, seen)


def _break(entry: AuditEntry, last: int, previous: str) -> Broken | None:
    if entry.id != last + 1:
        return Broken(last + 1, told("the row is missing"))
    if entry.previous != previous:
        return Broken(entry.id, told("it does not follow the row before it"))
    if not entry.holds:
        return Broken(entry.id, told("its content was altered"))
    return None
