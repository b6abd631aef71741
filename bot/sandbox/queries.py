"""Taps and payments: what a person asks by a button and the bot must answer in time."""

import json
from urllib.parse import quote

from bot.sandbox.access import writable_chat
from bot.sandbox.chats import Content
from bot.sandbox.entities import FormattedText, utf16_length
from bot.sandbox.markup import buttons, read_inline
from bot.sandbox.sending import post
from bot.sandbox.wire import ApiError, Json, JsonObject, Params, as_object, bad_request
from bot.sandbox.world import Toast, World

_TOAST_UNITS = 200
_CHECKOUT_SECONDS = 10.0
_STARS = "XTR"


def answer_callback_query(world: World, params: Params) -> Json:
    """Stop the button's spinner and show the toast."""
    if utf16_length(params.text("text")) > _TOAST_UNITS:
        raise bad_request("MESSAGE_TOO_LONG")
    query = world.queries.get(params.text("callback_query_id"))
    if query is None or query.expired:
        raise _too_old()
    if world.clock.monotonic() - query.asked_at > world.query_ttl:
        raise _too_old()
    query.answer = query.answer or Toast(
        params.text("text"), params.flag("show_alert"), params.text("url")
    )
    world.changes.bump()
    return True


def send_invoice(world: World, params: Params) -> Json:
    """Send a bill with a pay button."""
    invoice = _invoice(params)
    markup = read_inline(params)
    total = invoice["total_amount"]
    if markup is None:
        label = f"Pay {total} {invoice['currency']}"
        markup = {"inline_keyboard": [[{"text": label, "pay": True}]]}
    if "pay" not in buttons(markup)[0][0]:
        raise bad_request("REPLY_MARKUP_BUY_EMPTY")
    chat = writable_chat(world, params)
    shown = f"{params.text('title')}\n{params.text('description')}"
    extra: JsonObject = {"invoice": invoice, "payload": params.text("payload")}
    return post(world, chat, params, Content(FormattedText(shown), markup), extra).to_json()


def create_invoice_link(world: World, params: Params) -> Json:
    """Return a link that opens the bill."""
    _invoice(params)
    return f"https://t.me/${quote(str(world.serial()))}"


def answer_pre_checkout_query(world: World, params: Params) -> Json:
    """Agree to a payment, or say why not."""
    agreed = params.flag("ok")
    if not agreed and not params.has("error_message"):
        raise bad_request('can\'t find field "error_message"')
    checkout = world.checkouts.get(params.text("pre_checkout_query_id"))
    if checkout is None or checkout.agreed is not None:
        raise _too_old()
    if world.clock.monotonic() - checkout.asked_at > _CHECKOUT_SECONDS:
        raise _too_old()
    checkout.agreed, checkout.error = agreed, params.text("error_message")
    world.changes.bump()
    return True


def refund_star_payment(world: World, params: Params) -> Json:
    """Give the stars of one payment back, once."""
    charge = params.text("telegram_payment_charge_id")
    payer = world.charges.get(charge)
    if payer == -params.number("user_id"):
        raise bad_request("CHARGE_ALREADY_REFUNDED")
    if payer is None or payer != params.number("user_id"):
        raise bad_request("CHARGE_NOT_FOUND")
    world.charges[charge] = -payer
    return True


def _invoice(params: Params) -> JsonObject:
    _check_length(params.text("title"), 32, "INVOICE_TITLE_INVALID")
    _check_length(params.text("description"), 255, "INVOICE_DESCRIPTION_INVALID")
    _check_length(params.text("payload"), 128, "INVOICE_PAYLOAD_INVALID")
    currency = params.text("currency")
    prices = [_price(item) for item in params.items("prices", "LabeledPrice")]
    if len(currency) != len(_STARS) or not currency.isupper():
        raise bad_request("CURRENCY_INVALID")
    if not prices or sum(prices) <= 0:
        raise bad_request("CURRENCY_TOTAL_AMOUNT_INVALID")
    if currency == _STARS and (len(prices) != 1 or params.has("provider_token")):
        raise bad_request("STARS_INVOICE_INVALID")
    if currency != _STARS and not params.has("provider_token"):
        raise bad_request("PAYMENT_PROVIDER_INVALID")
    return {
        "title": params.text("title"),
        "description": params.text("description"),
        "start_parameter": params.text("start_parameter"),
        "currency": currency,
        "total_amount": sum(prices),
    }


def _check_length(text: str, limit: int, refusal: str) -> None:
    if not 1 <= len(text.encode()) <= limit:
        raise bad_request(refusal)


def _price(item: Json) -> int:
    body = as_object(item, "can't parse labeled price: LabeledPrice must be an Object")
    label, amount = body.get("label"), body.get("amount")
    if not isinstance(label, str) or not label:
        raise bad_request("labeledPrice label must be non-empty")
    if not isinstance(amount, int):
        raise bad_request(f"can't parse labeled price: {json.dumps(amount)} is no amount")
    return amount


def _too_old() -> ApiError:
    return bad_request("query is too old and response timeout expired or query ID is invalid")
