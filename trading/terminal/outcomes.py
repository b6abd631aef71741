"""From the worker's answer to an order to what became of it."""

from collections.abc import Mapping
from decimal import Decimal

from trading.errors import ProtocolError
from trading.ids import Ticket
from trading.model import (
    ZERO,
    Accepted,
    Action,
    Filled,
    OrderRequest,
    Rejected,
    RejectKind,
    SendOutcome,
    Unknown,
)
from trading.terminal.fields import Row, number, text, whole
from trading.terminal.retcodes import (
    CHECK_PASSED,
    DONE,
    INVALID_FILL,
    IPC_CODES_FROM,
    LAST_ERRORS,
    RETCODES,
    Meaning,
    Verdict,
    fill_in,
)

_EXECUTES = frozenset({Action.DEAL, Action.CLOSE_BY})
_CHANGES = frozenset({Action.SLTP, Action.MODIFY})
_KINDS: Mapping[Verdict, RejectKind] = {
    Verdict.SAME: RejectKind.FINAL,
    Verdict.RETRY: RejectKind.RETRY,
    Verdict.WAIT: RejectKind.WAIT,
    Verdict.FINAL: RejectKind.FINAL,
    Verdict.GONE: RejectKind.GONE,
}


def classify(reply: Row, request: OrderRequest) -> SendOutcome:
    """Return what the answer of order_send settles about the request."""
    retcode = reply.get("retcode")
    if retcode is None:
        return _classify_none(reply, request)
    if type(retcode) is not int or retcode not in RETCODES:
        said = _broker_text(reply)
        return Unknown(
            f"the broker answered {retcode}, which is in no list ({said})", _int(retcode)
        )
    meaning = RETCODES[retcode]
    match meaning.verdict:
        case Verdict.SUCCESS | Verdict.PARTIAL:
            return _succeeded(reply, request, retcode)
        case Verdict.PLACED if request.action is Action.PENDING:
            return Accepted(_ticket(reply, "order"), retcode)
        case Verdict.SAME if request.action in _CHANGES:
            return Accepted(None, retcode)
        case Verdict.PLACED | Verdict.UNKNOWN:
            return Unknown(_with_broker_text(fill_in(meaning.words, request), reply), retcode)
    return _rejected(meaning, retcode, request, reply)


def is_unsupported_filling(reply: Row) -> bool:
    """Tell whether nothing was executed because of the filling mode."""
    return reply.get("retcode") == INVALID_FILL


def is_refused_comment(reply: Row) -> bool:
    """Tell whether the package refused the comment, before anything left the process."""
    return (
        reply.get("retcode") is None
        and reply.get("code") == -2
        and reply.get("text") == 'Invalid "comment" argument'
    )


def is_lost_link(reply: Row) -> bool:
    """Tell whether the worker has lost its terminal and must attach again."""
    code = reply.get("code")
    return reply.get("retcode") is None and isinstance(code, int) and code <= IPC_CODES_FROM


def classify_check(reply: Row, request: OrderRequest) -> Rejected | None:
    """Return why order_check would refuse the request, None where it passes."""
    if reply.get("retcode") in (CHECK_PASSED, DONE):
        return None
    outcome = classify(reply, request)
    if isinstance(outcome, Rejected):
        return outcome
    why = outcome.why if isinstance(outcome, Unknown) else "the check was answered as if sent"
    return Rejected(RejectKind.NOT_SENT, _int(reply.get("retcode")), "CHECK_FAILED", why)


def _classify_none(reply: Row, request: OrderRequest) -> SendOutcome:
    code, said = whole(reply, "code"), text(reply, "text")
    meaning = LAST_ERRORS.get(code)
    if meaning is None:
        return Unknown(f"the terminal answered: {said}", code)
    # A -2 of the terminal itself, unlike one of the package, says nothing about what was sent.
    if meaning.verdict is Verdict.UNKNOWN or (code == -2 and said.startswith("Terminal:")):
        return Unknown(f"{meaning.words} ({said})", code)
    return Rejected(_KINDS[meaning.verdict], code, meaning.name, meaning.words, said)


def _succeeded(reply: Row, request: OrderRequest, retcode: int) -> SendOutcome:
    if request.action not in _EXECUTES:
        return Accepted(_ticket(reply, "order"), retcode)
    partial = RETCODES[retcode].verdict is Verdict.PARTIAL
    try:
        volume = number(reply, "volume")
        price = number(reply, "price")
    except ProtocolError as error:
        return Unknown(f"the broker says done, but {error}", retcode)
    if volume <= ZERO:
        if partial:
            return Unknown("a part was filled, the broker did not say how much", retcode)
        volume = request.volume or ZERO
    return Filled(
        order=_ticket(reply, "order") or Ticket(0),
        deal=_ticket(reply, "deal"),
        volume=volume,
        price=price if price > ZERO else None,
        retcode=retcode,
        partial=partial or (request.volume is not None and volume < request.volume),
    )


def _rejected(meaning: Meaning, retcode: int, request: OrderRequest, reply: Row) -> Rejected:
    words = fill_in(meaning.words, request)
    return Rejected(_KINDS[meaning.verdict], retcode, meaning.name, words, _broker_text(reply))


def _ticket(reply: Row, key: str) -> Ticket | None:
    value = reply.get(key)
    return Ticket(value) if type(value) is int and value > 0 else None


def _broker_text(reply: Row) -> str:
    said = reply.get("comment")
    return said if isinstance(said, str) else ""


def _with_broker_text(words: str, reply: Row) -> str:
    said = _broker_text(reply)
    return f"{words} ({said})" if said else words


def _int(value: object) -> int | None:
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() else None
    return value if isinstance(value, int) else None
