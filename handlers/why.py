"""/why and /calc: what the checks found, and what a stop would cost."""

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import Message

from handlers.cards import why as card
from handlers.cards.text import fit, foreign, lots, money, percent, price, side, table
from handlers.choosing import Chosen
from handlers.commands import command as said
from handlers.texts import later, t, tell
from trading.calculator import Calculation, Calculator, NotCalculated
from trading.ids import SignalId
from trading.model import Member
from trading.money import parse_decimal
from trading.why import WhyStore

_WHY = later("Which signal? Write <code>/why 12</code>; /signals lists their numbers.")
_CALC = later(
    "Write the symbol, the stop and, if you like, the risk: <code>/calc XAUUSD 2644 1%</code>"
)


async def on_why(message: Message, command: CommandObject, member: Member, why: WhyStore) -> None:
    word = (command.args or "").strip().removeprefix("#")
    if not (word.isascii() and word.isdigit() and len(word) < 16):
        await message.answer(t(_WHY))
        return
    found = await why.explain(member.id, SignalId(int(word)))
    await message.answer(fit(card.text(tuple(found))))


async def on_calc(
    message: Message,
    command: CommandObject,
    chosen: Chosen,
    calculator: Calculator,
) -> None:
    words = (command.args or "").split()
    stop = parse_decimal(words[1]) if len(words) > 1 else None
    risk = parse_decimal(words[2]) if len(words) > 2 else None
    if stop is None or stop <= 0 or len(words) > 3 or (len(words) == 3 and risk is None):
        await message.answer(t(_CALC))
        return
    account = chosen.one
    found = await calculator.calculate(
        account.id, words[0].upper(), stop, risk or account.risk_percent
    )
    await message.answer(_answer(found, chosen.label(account)))


def _answer(found: Calculation | NotCalculated, account: str) -> str:
    if isinstance(found, NotCalculated):
        return f"✋ {foreign(tell(found.words), 300)}"
    rows = [
        (t("Entry now"), price(found.entry, found.digits)),
        (t("Stop"), price(found.stop, found.digits)),
        (t("Distance"), t("{points} points", points=f"{found.points:f}")),
        (t("One lot loses"), money(found.loss_per_lot, found.currency)),
        (t("Risk asked"), f"{money(found.risk_asked, found.currency)} ({percent(found.percent)})"),
        (t("Volume"), t("{volume} lots", volume=lots(found.volume))),
        (t("Risk taken"), money(found.risk_taken, found.currency)),
        (t("Margin"), money(found.margin, found.currency)),
    ]
    if found.capped_at is not None:
        rows.append((t("Capped at"), t("{capped_at} lots", capped_at=lots(found.capped_at))))
    if found.worst_equity is not None and found.floor is not None:
        rows.append((t("Worst case"), money(found.worst_equity, found.currency)))
        rows.append((t("Floor"), money(found.floor, found.currency)))
    name = f" · {account}" if account else ""
    return f"🧮 <b>{side(found.side)} {foreign(found.symbol, 24)}</b>{name}\n{table(rows)}"


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.message.register(on_why, said("why"))
    router.message.register(on_calc, said("calc"))
    return router
