"""What also goes by e-mail, to whom, and the proof that an address is its owner's.

A mail is written by the transaction of the fact it tells and sent afterwards. It never replaces
the chat: whoever has no address, or a desk without a mail server, misses nothing.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from trading.alarms import Fold
from trading.notices import (
    Blind,
    LoopStalled,
    Notice,
    OrderResolved,
    OrderUnconfirmed,
    PaymentBooked,
    Priority,
    ReportDue,
    Trouble,
)

CODE_DIGITS: Final = 8
CODE_TTL: Final = timedelta(minutes=10)
CODE_TRIES: Final = 5
CODES_AN_HOUR: Final = 3
"""So that nobody has the desk write to strangers again and again."""
LASTS: Final = timedelta(hours=24)
"""How long a mail is tried: an alert a day late helps nobody."""
SETTLES: Final = timedelta(seconds=10)
"""What changes so soon after it began is one mail."""
AGAIN: Final = timedelta(minutes=10)
"""What comes and goes and comes is mailed so often at most."""
REPEATS: Final = timedelta(hours=1)
"""A repeat of what was mailed within so long is not mailed again."""
_LONGEST: Final = 254
"""RFC 5321, 4.5.3.1.3 less the angle brackets."""
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"({_LOCAL})@((?:{_LABEL}\.)+{_LABEL})", re.ASCII)


class MailKind(StrEnum):
    """What a mail is; all but the code can be switched off one by one."""

    CODE = "code"
    CRITICAL = "critical"
    REPORT = "report"
    RECEIPT = "receipt"


CHOICES: Final = (MailKind.CRITICAL, MailKind.REPORT, MailKind.RECEIPT)


@dataclass(frozen=True, slots=True)
class MailBox:
    """A person's e-mail as it stands."""

    address: str | None
    wanted: frozenset[MailKind]
    asked: str | None
    """The address that waits for its code."""
    refused: str
    """Why the last address was taken out of use; empty where none was."""


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """A code is on its way."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """So many codes were asked for within the hour that no more are sent."""


class Confirm(StrEnum):
    """What became of a typed code."""

    DONE = "done"
    NONE_ASKED = "none_asked"
    EXPIRED = "expired"
    WRONG = "wrong"
    SPENT = "spent"


def kind_of(notice: Notice, priority: Priority) -> MailKind | None:
    """Return which mail a notice also is, None for one that is for the chat alone."""
    match notice:
        case ReportDue():
            return MailKind.REPORT
        case PaymentBooked(amount=amount) if amount:
            return MailKind.RECEIPT
        case _:
            return MailKind.CRITICAL if priority is Priority.CRITICAL else None


def thread_of(notice: Notice, fold: Fold | None, topic: str | None) -> str | None:
    """Return the name of what a notice tells of, shared by its beginning, its repeats and its end.

    None: it stands for itself.
    """
    match notice:
        case Trouble():
            return f"trouble:{notice.part}"
        case Blind() | LoopStalled() | OrderUnconfirmed() | OrderResolved() if fold is not None:
            return fold.key
        case _:
            return topic if topic is not None or fold is None else fold.key


def is_end(notice: Notice, fold: Fold | None) -> bool:
    """Tell whether a notice says that what an earlier one told is over."""
    return (fold is not None and fold.ends) or (isinstance(notice, Trouble) and notice.healed)


def parse_address(text: str) -> str | None:
    """Return an address as SMTP takes it (RFC 5321, no quoted part), None for anything else."""
    found = _ADDRESS.fullmatch(text)
    if found is None or len(text) > _LONGEST or len(found[1]) > 64 or found[2][-1].isdigit():
        return None
    return f"{found[1]}@{found[2].lower()}"


def masked(address: str) -> str:
    """Return an address that its owner knows again and a log does not tell."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}…@{domain}"


def code_of(key: bytes, seed: str, address: str) -> str:
    """Return the code that proves an address: it follows from a key that is not in the database."""
    wanted = hmac.new(key, f"email-code\n{seed}\n{address}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(wanted[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def same(given: str, wanted: str) -> bool:
    """Compare a secret in a time that tells nothing of it."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def link_token(link_key: str, member_id: int, kind: MailKind) -> str:
    """Return what an unsubscribe link carries: who, of what, and the proof (HMAC-SHA256)."""
    text = f"{member_id}.{kind}"
    proof = hmac.new(link_key.encode(), f"unsubscribe\n{text}".encode(), hashlib.sha256)
    return f"{text}.{proof.hexdigest()}"


def read_link(token: str) -> tuple[int, MailKind] | None:
    """Return who an unsubscribe link says it is for, and of what: not yet believed."""
    found = re.fullmatch(r"([0-9]{1,15})\.(report|receipt)\.[0-9a-f]{64}", token, re.ASCII)
    return None if found is None else (int(found[1]), MailKind(found[2]))
