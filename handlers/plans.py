"""Plans in the chat: what one has, what there is, paying with stars or crypto, gifts, refunds."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from html import escape
from typing import TypedDict

from aiogram import F, Router
from aiogram.filters import CommandObject
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LabeledPrice,
    Message,
    PreCheckoutQuery,
)

from handlers.callbacks import BuyPlan
from handlers.cards.billing import price
from handlers.cards.text import dated, foreign, table, toast
from handlers.commands import command as said
from handlers.texts import later, t, tell
from trading.billing import (
    STARS,
    BillingService,
    BillingStore,
    Booked,
    Invoice,
    InvoiceStatus,
    Known,
    Payment,
    PlanService,
    Refused,
)
from trading.clock import Clock
from trading.model import Member
from trading.plans import Plan, Provider

CryptoLink = Callable[[Invoice, str], Awaitable[str]]
"""Asks the crypto provider for an invoice and returns where it is paid; raises where it is away."""

_OFF = later("Plans are switched off on this desk: everything is open to you.")
_STATUS = {
    InvoiceStatus.OPEN: later("open"),
    InvoiceStatus.PAID: later("✅ paid"),
    InvoiceStatus.EXPIRED: later("ended"),
    InvoiceStatus.UNDERPAID: later("⚠️ underpaid"),
    InvoiceStatus.REFUNDED: later("↩️ refunded"),
}
_SUPPORT = later(
    "<b>Payments</b>\n"
    "Something is wrong with a payment? Write here what happened, with the "
    "reference that /invoice shows; an owner of this desk answers and can refund "
    "it. Telegram's support cannot help with purchases from this bot.\n"
    "{contact}"
)
_TERMS = later(
    "<b>Terms</b>\n"
    "A plan opens more accounts, sources, history and reports of this desk for "
    "the days it names. It is no advice and no promise of profit: trading can "
    "lose more than you expect. The guard, closing, alerts and your own data "
    "never depend on a plan. An owner refunds a payment that was not wanted.\n"
    "{contact}"
)


async def on_plan(message: Message, member: Member, plans: PlanService, clock: Clock) -> None:
    if not plans.enabled:
        await message.answer(t(_OFF))
        return
    has = await plans.standing(member)
    head = f"<b>{foreign(has.plan.name)}</b>"
    if has.until is not None:
        head += t(" until {until}", until=dated(has.until, "%d %b %Y"))
    if has.in_grace:
        head += t(" · ended, still held for a few days")
    rows = limit_rows(has.plan)
    lines = [
        head,
        table(rows),
        t("The guard, closing, alerts and your data have no limit. /upgrade"),
    ]
    await message.answer("\n".join(lines))


def limit_rows(plan: Plan) -> list[tuple[str, str]]:
    """Return what a plan allows, a name and a value each."""
    return [
        (t("Accounts"), str(plan.accounts)),
        (t("Sources"), str(plan.sources)),
        (t("Auto mode"), t("yes") if plan.auto else t("no")),
        (
            t("History"),
            t("{history_days} days", history_days=plan.history_days)
            if plan.history_days < 3660
            else t("all"),
        ),
        (t("Charts"), t("yes") if plan.charts else t("no")),
        (t("Reports"), t("scheduled") if plan.reports else t("on demand")),
        (t("Export"), t("all of your data, always")),
    ]


async def on_upgrade(
    message: Message, plans: PlanService, billing: BillingService, crypto_link: CryptoLink | None
) -> None:
    if not plans.enabled:
        await message.answer(t(_OFF))
        return
    lines, keys = [t("<b>Plans</b>, for 30 days each")], []
    for plan in billing.on_sale():
        lines += [f"<b>{foreign(plan.name)}</b>", table(limit_rows(plan))]
        row = [_buy(plan, Provider.STARS, price(Decimal(plan.stars), STARS))]
        if crypto_link is not None:
            row.append(_buy(plan, Provider.CRYPTO, price(plan.usdt, "USDT")))
        keys.append(row)
    lines.append(t("What is left of a plan is credited to a higher one. /terms · /paysupport"))
    await message.answer("\n".join(lines), reply_markup=InlineKeyboardMarkup(inline_keyboard=keys))


def _buy(plan: Plan, provider: Provider, cost: str) -> InlineKeyboardButton:
    data = BuyPlan(plan=plan.key, provider=provider.value).pack()
    return InlineKeyboardButton(text=f"{plan.name} · {cost}", callback_data=data)


async def on_buy(
    query: CallbackQuery,
    callback_data: BuyPlan,
    member: Member,
    billing: BillingService,
    crypto_link: CryptoLink | None,
) -> None:
    provider = Provider(callback_data.provider)
    if provider is Provider.CRYPTO and crypto_link is None:
        await query.answer(t("Crypto payments are off on this desk."), show_alert=True)
        return
    invoice = await billing.begin(member, callback_data.plan, provider)
    if isinstance(invoice, Refused):
        await query.answer(toast(tell(invoice.words)), show_alert=True)
        return
    await query.answer()
    if not isinstance(query.message, Message):
        return
    if crypto_link is not None and provider is Provider.CRYPTO:
        await _offer_crypto(query.message, invoice, crypto_link)
        return
    await query.message.answer_invoice(**stars_bill(invoice))


class StarsBill(TypedDict):
    """An invoice in stars as Telegram takes it."""

    title: str
    description: str
    payload: str
    currency: str
    prices: list[LabeledPrice]


def stars_bill(invoice: Invoice) -> StarsBill:
    """Return what Telegram shows of an invoice in stars."""
    days = t("{days} days", days=invoice.days)
    return StarsBill(
        title=t("Plan {plan}", plan=invoice.plan),
        description=t(
            "{days} days. The guard and your data never depend on it.", days=invoice.days
        ),
        payload=invoice.payload,
        currency=invoice.currency,
        prices=[LabeledPrice(label=days, amount=int(invoice.amount))],
    )


async def _offer_crypto(message: Message, invoice: Invoice, crypto_link: CryptoLink) -> None:
    link = await crypto_link(
        invoice, t("Plan {plan}, {days} days", plan=invoice.plan, days=invoice.days)
    )
    if not link:
        await message.answer(
            t(
                "⚠️ The payment service does not answer. Nothing was charged and your plan "
                "stays as it is. Try again in a few minutes, or pay with stars."
            )
        )
        return
    button = InlineKeyboardButton(
        text=t("Pay {amount}", amount=price(invoice.amount, invoice.currency)), url=link
    )
    await message.answer(
        t("Pay within an hour; I tell you when it has arrived."),
        reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]]),
    )


async def on_checkout(query: PreCheckoutQuery, billing: BillingService) -> None:
    why = await billing.may_pay(
        query.invoice_payload, query.from_user.id, query.total_amount, query.currency
    )
    await query.answer(ok=why is None, error_message=None if why is None else tell(why))


async def on_paid(message: Message, billing: BillingService) -> None:
    """Book it: the receipt comes with the booking, and a repeated update books nothing."""
    paid = message.successful_payment
    assert paid is not None
    await billing.pay(
        Payment(
            provider=Provider.STARS,
            external_id=paid.telegram_payment_charge_id,
            payload=paid.invoice_payload,
            amount=Decimal(paid.total_amount),
            currency=paid.currency,
            payer=None if message.from_user is None else message.from_user.id,
            recurring=bool(paid.is_recurring) and not paid.is_first_recurring,
        )
    )


async def on_invoice(message: Message, member: Member, bills: BillingStore) -> None:
    found = await bills.invoices(member.id, 10)
    paid = {one.external_id: one for one in await bills.bookings(member.id) if one.amount}
    lines = [
        f"{one.id} · {foreign(one.plan)} · {price(one.amount, one.currency)}"
        f" · {status_words(one.status)}"
        for one in found
    ]
    lines += [
        f"{dated(one.at, '%d %b %Y')} {price(one.amount, one.currency)}"
        f" · <code>{escape(key)}</code>"
        for key, one in paid.items()
    ]
    if not lines:
        await message.answer(t("No invoices yet. /upgrade shows the plans."))
        return
    await message.answer("\n".join([t("<b>Invoices and payments</b>"), *lines]))


def status_words(status: InvoiceStatus) -> str:
    """Return how an invoice stands."""
    return t(_STATUS[status])


async def on_trial(
    message: Message, member: Member, plans: PlanService, billing: BillingService
) -> None:
    if not plans.enabled:
        await message.answer(t(_OFF))
        return
    if isinstance(await billing.trial(member), Known):
        await message.answer(t("You had your trial. /upgrade shows the plans."))


async def on_promo(
    message: Message, command: CommandObject, member: Member, billing: BillingService
) -> None:
    code = (command.args or "").strip()
    if not code:
        await message.answer(t("Write it like <code>/promo SPRING</code>."))
        return
    result = await billing.redeem(member, code)
    if isinstance(result, Known):
        await message.answer(t("You have used that code before."))
    elif not isinstance(result, Booked):
        await message.answer(f"✋ {tell(result)}")


async def on_grant_plan(
    message: Message, command: CommandObject, member: Member, billing: BillingService
) -> None:
    words = (command.args or "").split()
    if len(words) != 3 or not words[0].isdigit() or not words[2].isdigit():
        await message.answer(t("Write it like <code>/grantplan 123456 trader 30</code>."))
        return
    nonce = f"grant:{message.chat.id}:{message.message_id}"
    result = await billing.grant(member, int(words[0]), words[1].lower(), int(words[2]), nonce)
    match result:
        case Booked():
            await message.answer(
                t("✅ {days} days of {plan} given.", days=words[2], plan=escape(words[1]))
            )
        case Known():
            await message.answer(t("That was given already."))
        case Refused(why):
            await message.answer(f"✋ {tell(why)}")


async def on_refund(
    message: Message, command: CommandObject, member: Member, billing: BillingService
) -> None:
    reference = (command.args or "").strip()
    if not reference:
        await message.answer(t("Write it like <code>/refund REFERENCE</code>; /invoice shows it."))
        return
    result = await billing.ask_refund(member, reference)
    if isinstance(result, Refused):
        await message.answer(f"✋ {tell(result.words)}")
    elif result.booking.provider is Provider.CRYPTO:
        await message.answer(
            t(
                "↩️ The plan is taken back. Crypto Pay has no refunds: send the {amount} "
                "back yourself.",
                amount=price(result.booking.amount, result.booking.currency),
            )
        )
    else:
        await message.answer(t("↩️ Asked for. The person is told when the stars are back."))


async def on_support(message: Message, support_contact: str) -> None:
    await message.answer(t(_SUPPORT, contact=escape(support_contact)).rstrip())


async def on_terms(message: Message, support_contact: str) -> None:
    await message.answer(t(_TERMS, contact=escape(support_contact)).rstrip())


def router() -> Router:
    """Return the routes of this file."""
    router = Router(name=__name__)
    router.pre_checkout_query.register(on_checkout)
    router.message.register(on_paid, F.successful_payment)
    router.callback_query.register(on_buy, BuyPlan.filter())
    router.message.register(on_plan, said("plan"))
    router.message.register(on_upgrade, said("upgrade"))
    router.message.register(on_invoice, said("invoice"))
    router.message.register(on_trial, said("trial"))
    router.message.register(on_promo, said("promo"))
    router.message.register(on_grant_plan, said("grantplan"))
    router.message.register(on_refund, said("refund"))
    router.message.register(on_support, said("paysupport"))
    router.message.register(on_terms, said("terms"))
    return router
