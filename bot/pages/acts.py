"""Acting: every act goes through the service the chat uses, and asks where the chat asks."""

from dataclasses import replace
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.pages.gate import Gate
from bot.pages.visit import PREFIX, Route, Scope, Visit
from handlers.control import resume_question
from handlers.decided import decided_words
from handlers.texts import t, tell
from trading.accounts import Answer, Asked, Done, Refused
from trading.billing import Refused as NotSold
from trading.decisions import NotAllowed
from trading.drawdown import Cap, CapAction, CapKind, Unit, parse_cap
from trading.ids import ApprovalId, ConfirmId
from trading.model import Decision, Role
from trading.plans import Provider

_ACTIONS: Final = (CapAction.CLOSE, CapAction.PAUSE, CapAction.WARN)
_DECISIONS: Final = frozenset({Decision.APPROVE, Decision.HALF, Decision.REJECT})


def routes(gate: Gate) -> tuple[Route, ...]:
    """Return the rows of the table of pages."""

    async def decide(visit: Visit) -> web.StreamResponse:
        return await _decide(visit) or gate.missing(visit.request, visit)

    account, trader = "/accounts/{account}", Role.TRADER
    return (
        Route("POST", f"{account}/pause", Scope.ACCOUNT, pause, trader),
        Route("POST", f"{account}/resume", Scope.ACCOUNT, resume, trader),
        Route("POST", f"{account}/panic", Scope.ACCOUNT, panic, trader),
        Route("GET", f"{account}/caps", Scope.ACCOUNT, caps),
        Route("POST", f"{account}/caps/check", Scope.ACCOUNT, check_cap, trader),
        Route("POST", f"{account}/caps", Scope.ACCOUNT, set_cap, trader),
        Route("POST", "/confirm/{confirm}", Scope.MEMBER, confirm),
        Route("POST", "/decide/{approval}", Scope.MEMBER, decide, trader),
        Route("POST", "/plan/buy", Scope.MEMBER, buy),
    )


def _account_path(visit: Visit) -> str:
    return f"{PREFIX}/accounts/{visit.account_id}"


def _answer(visit: Visit, answer: Answer, back: str) -> web.Response:
    """Return what came of an act, or the question that must be confirmed first."""
    match answer:
        case Asked(confirm_id, words):
            return visit.page("confirm.html", said=tell(words), confirm_id=confirm_id, back=back)
        case Done(words):
            return visit.says(tell(words), back)
        case Refused(words):
            return visit.says(tell(words), back, well=False)


async def pause(visit: Visit) -> web.Response:
    """Stop entries."""
    answer = await visit.desk.accounts.pause(visit.member, visit.account_id)
    return _answer(visit, answer, _account_path(visit))


async def resume(visit: Visit) -> web.Response:
    """Ask whether trading goes on."""
    desk = visit.desk
    account = await desk.overview.account(visit.member, visit.account_id)
    assert account is not None  # the gate has seen a right on it
    answer = await resume_question(visit.member, account.account, desk.accounts, desk.limits)
    return _answer(visit, answer, _account_path(visit))


async def panic(visit: Visit) -> web.Response:
    """Ask whether everything is to be closed."""
    answer = await visit.desk.accounts.ask_panic(visit.member, visit.account_id)
    return _answer(visit, answer, _account_path(visit))


async def confirm(visit: Visit) -> web.Response:
    """Do what was asked about, or leave it."""
    answer = await visit.desk.accounts.confirm(
        visit.member,
        ConfirmId(visit.number("confirm") or 0),
        yes=await visit.field("answer") == "yes",
    )
    return _answer(visit, answer, _own_path(await visit.field("back")))


def _own_path(path: str) -> str:
    """Return a way back that stays on our own pages."""
    return path if path.startswith(f"{PREFIX}/") and "//" not in path else f"{PREFIX}/"


# --- caps -------------------------------------------------------------------------------------


async def caps(visit: Visit) -> web.Response:
    """Show an account's caps, and the form that sets one."""
    account = await visit.desk.overview.account(visit.member, visit.account_id)
    return visit.page("caps.html", account=account, kinds=list(CapKind), actions=_ACTIONS)


async def check_cap(visit: Visit) -> web.Response:
    """Show what a cap would mean, before it is set."""
    cap = await _cap(visit)
    if isinstance(cap, str):
        return visit.says(tell(cap), f"{_account_path(visit)}/caps", well=False)
    _, words = await visit.desk.accounts.preview(visit.account_id, cap)
    fields = {name: await visit.field(name) for name in ("kind", "size", "unit", "action")}
    return visit.page("cap_check.html", said=tell(words), fields=fields)


async def set_cap(visit: Visit) -> web.Response:
    """Set a cap: what tightens holds at once, what loosens is asked once more."""
    cap = await _cap(visit)
    if isinstance(cap, str):
        return visit.says(tell(cap), f"{_account_path(visit)}/caps", well=False)
    answer = await visit.desk.accounts.put_cap(visit.member, visit.account_id, cap)
    return _answer(visit, answer, _account_path(visit))


async def _cap(visit: Visit) -> Cap | str:
    """Read the form as the chat reads words; what it does not name stays as it is now."""
    words = [await visit.field("kind"), await visit.field("size")]
    if await visit.field("unit") == Unit.MONEY:
        words.append("money")
    typed = parse_cap(words)
    if isinstance(typed, str):
        return typed
    loop = visit.desk.loop.of(visit.account_id)
    seen = () if loop is None else loop.verdict.observations
    present = next((one.cap for one in seen if one.cap.kind is typed.kind), typed)
    chosen = await visit.field("action")
    action = CapAction(chosen) if chosen in set(CapAction) else present.action
    return replace(present, size=typed.size, unit=typed.unit, action=action)


# --- cards and plans --------------------------------------------------------------------------


async def _decide(visit: Visit) -> web.Response | None:
    word = await visit.field("decision")
    if word not in _DECISIONS:
        return None
    result = await visit.desk.signals.decide(
        ApprovalId(visit.number("approval") or 0),
        visit.member.id,
        Decision(word),
        int(revision) if (revision := await visit.field("revision")).isdecimal() else 0,
    )
    if isinstance(result, NotAllowed):
        return None
    return visit.says(decided_words(result), f"{PREFIX}/waiting")


async def buy(visit: Visit) -> web.Response:
    """Begin the same invoice the chat begins, and lead to where it is paid."""
    desk, back = visit.desk, f"{PREFIX}/plan"
    crypto = await visit.field("provider") == Provider.CRYPTO
    if crypto and desk.crypto_link is None:
        return visit.says(t("Crypto payments are off on this desk."), back, well=False)
    provider = Provider.CRYPTO if crypto else Provider.STARS
    invoice = await desk.billing.begin(visit.member, await visit.field("plan"), provider)
    if isinstance(invoice, NotSold):
        return visit.says(tell(invoice.words), back, well=False)
    if desk.crypto_link is None or not crypto:
        if await desk.send_invoice(visit.member, invoice):
            return visit.says(t("The invoice is in our chat in Telegram: pay it there."), back)
        words = t("Telegram did not take the invoice. Nothing was charged. In the chat: /upgrade")
        return visit.says(words, back, well=False, status=HTTPStatus.SERVICE_UNAVAILABLE)
    about = t("Plan {plan}, {days} days", plan=invoice.plan, days=invoice.days)
    link = await desk.crypto_link(invoice, about)
    if not link:
        words = t(
            "⚠️ The payment service does not answer. Nothing was charged and your plan "
            "stays as it is. Try again in a few minutes, or pay with stars."
        )
        return visit.says(words, back, well=False, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return visit.page("pay.html", invoice=invoice, link=link, back=back)
