"""The sandbox speaks the Bot API: aiogram drives it, raw calls try what Telegram refuses."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import aiohttp
import pytest
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.filters import Command
from aiogram.types import (
    BotCommand,
    BotCommandScopeChat,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LabeledPrice,
    Message,
    PreCheckoutQuery,
    ReplyParameters,
)

from bot.sandbox import ChatMessage, Person, Sandbox
from bot.sandbox.wire import Json, JsonObject

OWNER = 7
GROUP = -1001000000001
CHANNEL = -1002000000002
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 40, 30) + b"\x08\x02\0\0\0"


class HeldClock:
    """A clock that moves when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(1_700_000_000 + self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def sandbox(clock: HeldClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
def owner(sandbox: Sandbox) -> Person:
    return sandbox.person(OWNER, "Owner")


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    server = TelegramAPIServer.from_base(sandbox.url)
    made = Bot(
        sandbox.token,
        session=AiohttpSession(api=server),
        default=DefaultBotProperties(parse_mode="HTML"),
    )
    yield made
    # aiogram waits 250 ms for TLS to close; there is none here.
    session = made.session
    assert isinstance(session, AiohttpSession)
    if session._session is not None:  # noqa: SLF001
        await session._session.close()  # noqa: SLF001


class Raw:
    """Calls with exactly the parameters given, and the answer as it came."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.session = session
        self.base = f"{sandbox.url}/bot{sandbox.token}"

    async def __call__(self, method: str, **params: Json) -> JsonObject:
        async with self.session.post(f"{self.base}/{method}", json=params) as response:
            body: JsonObject = await response.json()
            assert body["ok"] or response.status == body["error_code"]
            return body

    async def refusal(self, method: str, **params: Json) -> str:
        body = await self(method, **params)
        assert not body["ok"], body
        return str(body["description"])

    async def accepted(self, method: str, **params: Json) -> JsonObject:
        body = await self(method, **params)
        assert body["ok"], body
        result = body["result"]
        return result if isinstance(result, dict) else {"result": result}


@pytest.fixture
async def raw(sandbox: Sandbox) -> AsyncIterator[Raw]:
    async with aiohttp.ClientSession() as session:
        yield Raw(session, sandbox)


def button(text: str = "Approve", **action: Json) -> JsonObject:
    return {"inline_keyboard": [[{"text": text, **(action or {"callback_data": "a"})}]]}


@asynccontextmanager
async def polling(bot: Bot, router: Router) -> AsyncIterator[None]:
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    async with asyncio.TaskGroup() as group:
        polls = group.create_task(
            dispatcher.start_polling(
                bot, handle_signals=False, close_bot_session=False, handle_as_tasks=False
            )
        )
        try:
            yield
        finally:
            await stop_polling(dispatcher, polls)


async def stop_polling(dispatcher: Dispatcher, polls: asyncio.Task[None]) -> None:
    with suppress(RuntimeError):
        await dispatcher.stop_polling()
    await polls


def trading_router(seen: list[str]) -> Router:
    router = Router()
    keyboard = InlineKeyboardMarkup(
        inline_keyboard=[
            [
                InlineKeyboardButton(text="✅ Approve", callback_data="yes"),
                InlineKeyboardButton(text="❌ Reject", callback_data="no"),
            ]
        ]
    )

    @router.message(Command("card"))
    async def card(message: Message) -> None:
        await message.answer("<b>EURUSD</b> BUY", reply_markup=keyboard)

    @router.message(F.text)
    async def say(message: Message) -> None:
        seen.append(message.text or "")
        await message.reply(f"got {message.text}")

    @router.edited_message()
    async def edited(message: Message) -> None:
        await message.answer(f"now {message.text}")

    @router.channel_post()
    async def post(message: Message) -> None:
        seen.append(f"{message.chat.title}: {message.text}")

    @router.callback_query()
    async def tap(query: CallbackQuery) -> None:
        assert isinstance(query.message, Message)
        await query.message.edit_text("<b>EURUSD</b> Filled")
        await query.answer(f"you said {query.data}", show_alert=query.data == "no")

    @router.pre_checkout_query()
    async def checkout(query: PreCheckoutQuery) -> None:
        await query.answer(ok=True)

    return router


class TestConversation:
    async def test_card_is_tapped_and_edited_in_place(self, bot: Bot, owner: Person) -> None:
        async with polling(bot, trading_router([])):
            await owner.sends("/card")
            card = await owner.sees("EURUSD")
            assert card.buttons == [["✅ Approve", "❌ Reject"]]
            toast = await owner.taps(card, "Approve")
            await owner.sees_in(card, "Filled")
        assert toast is not None
        assert (toast.text, toast.alert) == ("you said yes", False)
        assert card.version_texts == ["EURUSD BUY", "EURUSD Filled"]
        assert card.buttons == []
        assert card.html == "<b>EURUSD</b> Filled"

    async def test_alert_is_told_from_a_toast(self, bot: Bot, owner: Person) -> None:
        async with polling(bot, trading_router([])):
            await owner.sends("/card")
            toast = await owner.taps(await owner.sees("EURUSD"), "Reject")
        assert toast is not None
        assert toast.alert

    async def test_edited_message_reaches_the_bot(self, bot: Bot, owner: Person) -> None:
        async with polling(bot, trading_router([])):
            said = await owner.sends("SL 1.05")
            await owner.sees("got SL 1.05")
            await owner.edits(said, "SL 1.06")
            await owner.sees("now SL 1.06")

    async def test_reply_names_the_message(self, bot: Bot, owner: Person) -> None:
        async with polling(bot, trading_router([])):
            said = await owner.sends("hello")
            answer = await owner.sees("got hello", after=said)
        assert answer.reply_to is said

    async def test_channel_post_reaches_the_bot(
        self, bot: Bot, owner: Person, sandbox: Sandbox
    ) -> None:
        seen: list[str] = []
        channel = sandbox.channel(CHANNEL, "Gold signals")
        async with polling(bot, trading_router(seen)):
            await owner.posts_in_channel(channel, "XAUUSD buy")
            await owner.sends("done")
            await owner.sees("got done")
        assert seen == ["Gold signals: XAUUSD buy", "done"]

    async def test_payment_is_agreed_to_and_refunded_once(
        self, bot: Bot, owner: Person, raw: Raw
    ) -> None:
        prices = [LabeledPrice(label="Month", amount=50)]
        async with polling(bot, trading_router([])):
            await bot.send_invoice(OWNER, "Plan", "One month", "plan-1", "XTR", prices)
            charge = await owner.pays(owner.last)
        refund: JsonObject = {"user_id": OWNER, "telegram_payment_charge_id": charge}
        assert await bot.refund_star_payment(OWNER, charge)
        again = await raw.refusal("refundStarPayment", **refund)
        assert again == "Bad Request: CHARGE_ALREADY_REFUNDED"

    async def test_missing_text_prints_the_chat(self, bot: Bot, owner: Person) -> None:
        await bot.send_message(OWNER, "something else")
        with pytest.raises(AssertionError, match="something else"):
            await owner.sees("Filled", timeout=0.01)

    async def test_missing_button_lists_the_labels(self, owner: Person, raw: Raw) -> None:
        await raw.accepted("sendMessage", chat_id=OWNER, text="x", reply_markup=button("Yes"))
        with pytest.raises(AssertionError, match="Yes"):
            await owner.taps(owner.last, "No")


class TestUpdates:
    async def test_update_comes_again_until_a_larger_offset(self, owner: Person, bot: Bot) -> None:
        await owner.sends("one")
        first = await bot.get_updates(timeout=0)
        again = await bot.get_updates(timeout=0)
        assert [u.update_id for u in first] == [u.update_id for u in again]
        assert await bot.get_updates(offset=first[0].update_id + 1, timeout=0) == []
        assert await bot.get_updates(timeout=0) == []

    async def test_long_poll_ends_when_something_happens(self, owner: Person, bot: Bot) -> None:
        async with asyncio.TaskGroup() as group:
            poll = group.create_task(bot.get_updates(timeout=5))
            await asyncio.sleep(0.05)
            await owner.sends("now")
        assert [u.message and u.message.text for u in poll.result()] == ["now"]

    async def test_older_poll_is_terminated_by_a_newer_one(self, bot: Bot) -> None:
        async def older() -> None:
            with pytest.raises(TelegramConflictError, match="terminated by other getUpdates"):
                await bot.get_updates(timeout=5)

        async with asyncio.TaskGroup() as group:
            group.create_task(older())
            await asyncio.sleep(0.05)
            assert await bot.get_updates(timeout=0) == []

    async def test_polling_conflicts_with_a_webhook(self, raw: Raw) -> None:
        await raw.accepted("setWebhook", url="https://example.com/hook")
        assert "while webhook is active" in await raw.refusal("getUpdates")
        await raw.accepted("deleteWebhook")
        await raw.accepted("getUpdates")

    async def test_webhook_must_be_https(self, raw: Raw) -> None:
        refusal = await raw.refusal("setWebhook", url="http://example.com")
        assert refusal.startswith("Bad Request: bad webhook")

    async def test_kinds_nobody_asked_for_are_not_kept(self, owner: Person, raw: Raw) -> None:
        await raw.accepted("getUpdates", allowed_updates=["callback_query"])
        await owner.sends("unheard")
        assert await raw.accepted("getUpdates") == {"result": []}

    async def test_negative_offset_keeps_only_the_last(self, owner: Person, bot: Bot) -> None:
        for text in ("one", "two", "three"):
            await owner.sends(text)
        last = await bot.get_updates(offset=-1, timeout=0)
        assert [u.message and u.message.text for u in last] == ["three"]

    async def test_pending_updates_can_be_dropped(self, owner: Person, bot: Bot) -> None:
        await owner.sends("old")
        await bot.delete_webhook(drop_pending_updates=True)
        assert await bot.get_updates(timeout=0) == []


class TestRefusals:
    async def test_unknown_method(self, raw: Raw) -> None:
        body = await raw("sendHologram")
        assert body == {
            "ok": False,
            "error_code": 404,
            "description": "Not Found: method not found",
        }

    async def test_wrong_token(self, raw: Raw, sandbox: Sandbox) -> None:
        async with raw.session.post(f"{sandbox.url}/bot1:wrong/getMe") as response:
            assert (response.status, (await response.json())["description"]) == (
                401,
                "Unauthorized",
            )

    @pytest.mark.usefixtures("owner")
    @pytest.mark.parametrize("text", ["", "   \n", "<b></b>"])
    async def test_empty_text(self, raw: Raw, text: str) -> None:
        refusal = await raw.refusal("sendMessage", chat_id=OWNER, text=text, parse_mode="HTML")
        assert refusal == "Bad Request: message text is empty"

    @pytest.mark.usefixtures("owner")
    async def test_text_over_4096_units_after_parsing(self, raw: Raw) -> None:
        await raw.accepted(
            "sendMessage", chat_id=OWNER, text=f"<b>{'x' * 4096}</b>", parse_mode="HTML"
        )
        refusal = await raw.refusal("sendMessage", chat_id=OWNER, text="🟢" * 2048 + "x")
        assert refusal == "Bad Request: message is too long"

    @pytest.mark.usefixtures("owner")
    async def test_edit_to_over_4096_units(self, raw: Raw) -> None:
        sent = await raw.accepted("sendMessage", chat_id=OWNER, text="x")
        where: JsonObject = {"chat_id": OWNER, "message_id": sent["message_id"]}
        refusal = await raw.refusal("editMessageText", **where, text="x" * 4097)
        assert refusal == "Bad Request: MESSAGE_TOO_LONG"

    @pytest.mark.usefixtures("owner")
    async def test_caption_over_1024_units(self, bot: Bot) -> None:
        photo = BufferedInputFile(PNG, "chart.png")
        with pytest.raises(TelegramBadRequest, match="message caption is too long"):
            await bot.send_photo(OWNER, photo, caption="x" * 1025)

    @pytest.mark.usefixtures("owner")
    async def test_callback_data_over_64_bytes(self, raw: Raw) -> None:
        fits = button(callback_data="é" * 32)
        await raw.accepted("sendMessage", chat_id=OWNER, text="x", reply_markup=fits)
        over = button(callback_data="é" * 32 + "x")
        refusal = await raw.refusal("sendMessage", chat_id=OWNER, text="x", reply_markup=over)
        assert refusal == "Bad Request: BUTTON_DATA_INVALID"

    @pytest.mark.usefixtures("owner")
    async def test_empty_button_text(self, raw: Raw) -> None:
        refusal = await raw.refusal(
            "sendMessage", chat_id=OWNER, text="x", reply_markup=button(" ")
        )
        assert refusal == "Bad Request: inline keyboard button text must be non-empty"

    @pytest.mark.usefixtures("owner")
    @pytest.mark.parametrize(
        ("markup", "why"),
        [
            ("[1", "can't parse reply keyboard markup JSON object"),
            (["x"], "object expected as reply markup"),
            ({"inline_keyboard": {}}, "must be an Array"),
            ({"inline_keyboard": [{"text": "x"}]}, "must be an Array of Arrays"),
            ({"inline_keyboard": [["x"]]}, "InlineKeyboardButton must be an Object"),
            ({"inline_keyboard": [[{"callback_data": "x"}]]}, 'Can\'t find field "text"'),
            ({"inline_keyboard": [[{"text": "x"}]]}, "Text buttons are unallowed"),
            (button(callback_data="x", url="https://example.com"), "exactly one"),
            (button(url="not a link"), "Wrong HTTP URL"),
            (button(web_app={"url": "http://example.com"}), "Only HTTPS links are allowed"),
            ({"keyboard": [[{"text": ""}]]}, "keyboard button text must be non-empty"),
            ({"inline_keyboard": [[{"text": "x", "callback_data": "x"}] * 9]}, "too long"),
        ],
    )
    async def test_malformed_markup(self, raw: Raw, markup: Json, why: str) -> None:
        assert why in await raw.refusal("sendMessage", chat_id=OWNER, text="x", reply_markup=markup)

    @pytest.mark.usefixtures("owner")
    async def test_bad_html(self, bot: Bot) -> None:
        with pytest.raises(TelegramBadRequest, match="can't parse entities: Unsupported start tag"):
            await bot.send_message(OWNER, "equity < floor")

    @pytest.mark.usefixtures("owner")
    async def test_unsupported_parse_mode(self, raw: Raw) -> None:
        refusal = await raw.refusal("sendMessage", chat_id=OWNER, text="x", parse_mode="BBCode")
        assert refusal == "Bad Request: unsupported parse_mode"

    @pytest.mark.usefixtures("owner")
    async def test_entity_outside_the_text(self, raw: Raw) -> None:
        entity: JsonObject = {"type": "bold", "offset": 0, "length": 9}
        refusal = await raw.refusal("sendMessage", chat_id=OWNER, text="x", entities=[entity])
        assert "outside" in refusal

    @pytest.mark.usefixtures("owner")
    async def test_edit_that_changes_nothing(self, raw: Raw) -> None:
        sent = await raw.accepted(
            "sendMessage", chat_id=OWNER, text="<b>x</b>", parse_mode="HTML", reply_markup=button()
        )
        same: JsonObject = {"chat_id": OWNER, "message_id": sent["message_id"]}
        refusal = await raw.refusal(
            "editMessageText", **same, text="<b>x</b>", parse_mode="HTML", reply_markup=button()
        )
        assert refusal == (
            "Bad Request: message is not modified: specified new message content and reply "
            "markup are exactly the same as a current content and reply markup of the message"
        )
        await raw.accepted("editMessageText", **same, text="x", reply_markup=button())

    @pytest.mark.usefixtures("owner")
    async def test_markup_edit_that_changes_nothing(self, raw: Raw) -> None:
        sent = await raw.accepted("sendMessage", chat_id=OWNER, text="x")
        refusal = await raw.refusal(
            "editMessageReplyMarkup", chat_id=OWNER, message_id=sent["message_id"]
        )
        assert "message is not modified" in refusal

    @pytest.mark.usefixtures("owner")
    async def test_edit_of_an_unknown_message(self, raw: Raw) -> None:
        refusal = await raw.refusal("editMessageText", chat_id=OWNER, message_id=99, text="x")
        assert refusal == "Bad Request: message to edit not found"

    async def test_edit_of_somebody_elses_message(self, raw: Raw, owner: Person) -> None:
        said = await owner.sends("mine")
        refusal = await raw.refusal(
            "editMessageText", chat_id=OWNER, message_id=said.message_id, text="x"
        )
        assert refusal == "Bad Request: message can't be edited"

    @pytest.mark.usefixtures("owner")
    async def test_edit_of_a_message_with_a_reply_keyboard(self, raw: Raw) -> None:
        keyboard: JsonObject = {"keyboard": [[{"text": "/status"}]]}
        sent = await raw.accepted("sendMessage", chat_id=OWNER, text="x", reply_markup=keyboard)
        refusal = await raw.refusal(
            "editMessageText", chat_id=OWNER, message_id=sent["message_id"], text="y"
        )
        assert refusal == "Bad Request: message can't be edited"

    @pytest.mark.usefixtures("owner")
    async def test_edit_to_a_reply_keyboard(self, raw: Raw) -> None:
        sent = await raw.accepted("sendMessage", chat_id=OWNER, text="x")
        keyboard: JsonObject = {"keyboard": [[{"text": "/status"}]]}
        refusal = await raw.refusal(
            "editMessageText",
            chat_id=OWNER,
            message_id=sent["message_id"],
            text="y",
            reply_markup=keyboard,
        )
        assert refusal == "Bad Request: inline keyboard expected"

    @pytest.mark.usefixtures("owner")
    async def test_caption_edit_of_a_text_message(self, raw: Raw) -> None:
        sent = await raw.accepted("sendMessage", chat_id=OWNER, text="x")
        refusal = await raw.refusal(
            "editMessageCaption", chat_id=OWNER, message_id=sent["message_id"], caption="y"
        )
        assert refusal == "Bad Request: there is no caption in the message to edit"

    @pytest.mark.usefixtures("owner")
    async def test_text_edit_of_a_photo(self, bot: Bot) -> None:
        sent = await bot.send_photo(OWNER, BufferedInputFile(PNG, "chart.png"))
        with pytest.raises(TelegramBadRequest, match="there is no text in the message to edit"):
            await sent.edit_text("x")

    @pytest.mark.usefixtures("owner")
    async def test_delete_of_an_unknown_message(self, raw: Raw) -> None:
        refusal = await raw.refusal("deleteMessage", chat_id=OWNER, message_id=99)
        assert refusal == "Bad Request: message to delete not found"

    async def test_delete_of_another_members_message_without_the_right(
        self, raw: Raw, owner: Person, sandbox: Sandbox
    ) -> None:
        member = owner.in_chat(sandbox.group(GROUP, "Desk", bot_admin=False))
        said = await member.sends("hello")
        refusal = await raw.refusal("deleteMessage", chat_id=GROUP, message_id=said.message_id)
        assert refusal == "Bad Request: message can't be deleted"

    async def test_pin_without_the_right(self, raw: Raw, owner: Person, sandbox: Sandbox) -> None:
        member = owner.in_chat(sandbox.group(GROUP, "Desk", bot_admin=False))
        said = await member.sends("hello")
        refusal = await raw.refusal("pinChatMessage", chat_id=GROUP, message_id=said.message_id)
        assert "not enough rights" in refusal

    async def test_unknown_query(self, raw: Raw) -> None:
        refusal = await raw.refusal("answerCallbackQuery", callback_query_id="nope")
        assert refusal == (
            "Bad Request: query is too old and response timeout expired or query ID is invalid"
        )

    async def test_query_answered_twice_after_its_time(
        self, raw: Raw, owner: Person, clock: HeldClock
    ) -> None:
        query = await tapped(raw, owner)
        await raw.accepted("answerCallbackQuery", callback_query_id=query)
        await raw.accepted("answerCallbackQuery", callback_query_id=query)
        clock.seconds += 61
        assert "query is too old" in await raw.refusal(
            "answerCallbackQuery", callback_query_id=query
        )

    async def test_query_expired_by_hand(self, raw: Raw, owner: Person, sandbox: Sandbox) -> None:
        query = await tapped(raw, owner)
        sandbox.expire_queries()
        assert "query is too old" in await raw.refusal(
            "answerCallbackQuery", callback_query_id=query
        )

    async def test_toast_over_200_units(self, raw: Raw, owner: Person) -> None:
        query = await tapped(raw, owner)
        refusal = await raw.refusal("answerCallbackQuery", callback_query_id=query, text="x" * 201)
        assert refusal == "Bad Request: MESSAGE_TOO_LONG"

    async def test_nobody_has_this_chat(self, raw: Raw) -> None:
        assert (
            await raw.refusal("sendMessage", chat_id=404, text="x") == "Bad Request: chat not found"
        )

    async def test_no_chat_given(self, raw: Raw) -> None:
        assert await raw.refusal("sendMessage", text="x") == "Bad Request: chat_id is empty"

    async def test_person_who_never_wrote_start(self) -> None:
        async with Sandbox(require_start=True) as strict, aiohttp.ClientSession() as session:
            person, call = strict.person(OWNER, "Owner"), Raw(session, strict)
            refusal = await call.refusal("sendMessage", chat_id=OWNER, text="x")
            assert refusal == "Bad Request: chat not found"
            await person.presses_start()
            await call.accepted("sendMessage", chat_id=OWNER, text="x")

    async def test_bot_blocked_by_the_user(self, bot: Bot, owner: Person) -> None:
        await owner.blocks_bot()
        with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
            await bot.send_message(OWNER, "x")
        await owner.unblocks_bot()
        await bot.send_message(OWNER, "x")

    async def test_bot_kicked_from_a_group(self, bot: Bot, sandbox: Sandbox) -> None:
        sandbox.remove_bot(sandbox.group(GROUP, "Desk"))
        with pytest.raises(TelegramForbiddenError, match="kicked from the supergroup chat"):
            await bot.send_message(GROUP, "x")

    async def test_migrated_group(self, bot: Bot, sandbox: Sandbox) -> None:
        sandbox.migrate(sandbox.group(-5, "Desk"), GROUP)
        with pytest.raises(TelegramMigrateToChat) as refusal:
            await bot.send_message(-5, "x")
        assert refusal.value.migrate_to_chat_id == GROUP

    async def test_unknown_topic(self, bot: Bot, sandbox: Sandbox) -> None:
        sandbox.group(GROUP, "Desk", forum=True).topics[3] = "Signals"
        assert (await bot.send_message(GROUP, "x", message_thread_id=3)).message_thread_id == 3
        with pytest.raises(TelegramBadRequest, match="message thread not found"):
            await bot.send_message(GROUP, "x", message_thread_id=4)

    @pytest.mark.usefixtures("owner")
    async def test_reply_to_an_unknown_message(self, bot: Bot) -> None:
        missing = ReplyParameters(message_id=99)
        with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
            await bot.send_message(OWNER, "x", reply_parameters=missing)
        lenient = ReplyParameters(message_id=99, allow_sending_without_reply=True)
        await bot.send_message(OWNER, "x", reply_parameters=lenient)

    @pytest.mark.usefixtures("owner")
    async def test_photo_that_is_no_picture(self, bot: Bot) -> None:
        with pytest.raises(TelegramBadRequest, match="IMAGE_PROCESS_FAILED"):
            await bot.send_photo(OWNER, BufferedInputFile(b"hello", "chart.png"))

    @pytest.mark.usefixtures("owner")
    @pytest.mark.parametrize(
        ("method", "kind"), [("sendPhoto", "photo"), ("sendDocument", "document")]
    )
    async def test_missing_file(self, raw: Raw, method: str, kind: str) -> None:
        refusal = await raw.refusal(method, chat_id=OWNER)
        assert refusal == f"Bad Request: there is no {kind} in the request"

    @pytest.mark.usefixtures("owner")
    async def test_unknown_file_id(self, raw: Raw) -> None:
        refusal = await raw.refusal("sendDocument", chat_id=OWNER, document="nope")
        assert refusal == "Bad Request: wrong file identifier/HTTP URL specified"

    @pytest.mark.usefixtures("owner")
    async def test_empty_file(self, bot: Bot) -> None:
        with pytest.raises(TelegramBadRequest, match="file must be non-empty"):
            await bot.send_document(OWNER, BufferedInputFile(b"", "trades.csv"))

    async def test_bad_command_name(self, raw: Raw) -> None:
        commands: list[Json] = [{"command": "Stop-All", "description": "x"}]
        refusal = await raw.refusal("setMyCommands", commands=commands)
        assert refusal == "Bad Request: BOT_COMMAND_INVALID"

    @pytest.mark.usefixtures("owner")
    async def test_unknown_chat_action(self, raw: Raw) -> None:
        refusal = await raw.refusal("sendChatAction", chat_id=OWNER, action="thinking")
        assert refusal == "Bad Request: wrong parameter action in request"

    @pytest.mark.usefixtures("owner")
    async def test_stars_invoice_with_two_prices(self, raw: Raw) -> None:
        prices: list[Json] = [{"label": "a", "amount": 1}, {"label": "b", "amount": 1}]
        invoice: JsonObject = {"title": "t", "description": "d", "payload": "p", "currency": "XTR"}
        refusal = await raw.refusal("sendInvoice", chat_id=OWNER, **invoice, prices=prices)
        assert refusal == "Bad Request: STARS_INVOICE_INVALID"


async def tapped(raw: Raw, owner: Person) -> str:
    """Let the owner tap a button nobody answers yet and return the query's id."""
    await raw.accepted("sendMessage", chat_id=OWNER, text="card", reply_markup=button())
    assert await owner.taps(owner.last, "Approve", timeout=0) is None
    async with raw.session.post(f"{raw.base}/getUpdates") as response:
        updates = (await response.json())["result"]
    return str(updates[-1]["callback_query"]["id"])


class TestMethods:
    async def test_the_bot_knows_itself(self, bot: Bot, sandbox: Sandbox) -> None:
        me = await bot.get_me()
        assert (me.id, me.is_bot, me.username) == (bot.id, True, sandbox.bot.username)

    @pytest.mark.parametrize("encoding", ["json", "data", "params"])
    async def test_every_encoding_is_read(self, raw: Raw, owner: Person, encoding: str) -> None:
        given: dict[str, dict[str, str]] = {
            encoding: {"chat_id": str(OWNER), "text": f"by {encoding}"}
        }
        async with raw.session.post(f"{raw.base}/SENDMESSAGE", **given) as response:  # type: ignore[arg-type]
            assert response.status == 200
        assert owner.last.text == f"by {encoding}"

    async def test_message_ids_grow_in_each_chat(self, bot: Bot, owner: Person) -> None:
        said = await owner.sends("hi")
        first, second = [await bot.send_message(OWNER, "x") for _ in range(2)]
        assert said.message_id < first.message_id < second.message_id

    async def test_photo_is_shown_edited_and_downloaded(self, bot: Bot, owner: Person) -> None:
        sent = await bot.send_photo(OWNER, BufferedInputFile(PNG, "chart.png"), caption="<i>x</i>")
        assert sent.photo is not None
        assert (sent.photo[0].width, sent.photo[0].height) == (40, 30)
        assert (await bot.download(sent.photo[0].file_id)).read() == PNG  # type: ignore[union-attr]
        again = InputMediaPhoto(media=BufferedInputFile(PNG, "new.png"), caption="newer")
        await sent.edit_media(again)
        await sent.edit_caption(caption="newest")
        assert owner.last.version_texts == ["x", "newer", "newest"]

    @pytest.mark.usefixtures("owner")
    async def test_document_is_kept_and_sent_again_by_id(self, bot: Bot) -> None:
        sent = await bot.send_document(OWNER, BufferedInputFile(b"a,b", "trades.csv"))
        assert sent.document is not None
        again = await bot.send_document(OWNER, sent.document.file_id)
        assert again.document is not None
        assert again.document.file_name == "trades.csv"

    @pytest.mark.usefixtures("owner")
    async def test_album_shares_one_group(self, bot: Bot) -> None:
        media = [InputMediaPhoto(media=BufferedInputFile(PNG, f"{n}.png")) for n in range(2)]
        sent = await bot.send_media_group(OWNER, list(media))
        assert len({message.media_group_id for message in sent}) == 1

    async def test_pinned_message_is_found_in_the_chat(self, bot: Bot, owner: Person) -> None:
        sent = await bot.send_message(OWNER, "status", disable_notification=True)
        await bot.pin_chat_message(OWNER, sent.message_id)
        pinned = (await bot.get_chat(OWNER)).pinned_message
        assert pinned is not None
        assert pinned.message_id == sent.message_id
        assert owner.last.silent
        await bot.unpin_chat_message(OWNER)
        assert (await bot.get_chat(OWNER)).pinned_message is None

    async def test_deleted_messages_are_gone(self, bot: Bot, owner: Person) -> None:
        sent = [await bot.send_message(OWNER, str(n)) for n in range(3)]
        await bot.delete_message(OWNER, sent[0].message_id)
        await bot.delete_messages(OWNER, [sent[1].message_id, 999])
        assert [message.text for message in owner.messages] == ["2"]

    @pytest.mark.usefixtures("owner")
    async def test_commands_are_kept_per_scope_and_language(
        self, bot: Bot, sandbox: Sandbox
    ) -> None:
        scope = BotCommandScopeChat(chat_id=OWNER)
        await bot.set_my_commands([BotCommand(command="help", description="Help")])
        await bot.set_my_commands(
            [BotCommand(command="panic", description="Close all")], scope=scope, language_code="de"
        )
        assert [c.command for c in await bot.get_my_commands()] == ["help"]
        assert await bot.get_my_commands(scope=scope) == []
        assert sandbox.commands(f"chat:{OWNER}", "de") == [
            {"command": "panic", "description": "Close all"}
        ]
        await bot.delete_my_commands()
        assert await bot.get_my_commands() == []

    async def test_members_and_administrators(
        self, bot: Bot, owner: Person, sandbox: Sandbox
    ) -> None:
        group = sandbox.group(GROUP, "Desk")
        owner.in_chat(group, "creator")
        sandbox.person(8, "Guest")
        assert (await bot.get_chat_member(GROUP, OWNER)).status == "creator"
        assert (await bot.get_chat_member(GROUP, 8)).status == "left"
        admins = await bot.get_chat_administrators(GROUP)
        assert {admin.user.id for admin in admins} == {OWNER, bot.id}

    @pytest.mark.usefixtures("owner")
    async def test_small_methods_are_agreed_to(self, bot: Bot) -> None:
        assert await bot.send_chat_action(OWNER, "typing")
        assert await bot.set_chat_menu_button(OWNER)
        assert (await bot.get_webhook_info()).pending_update_count == 0
        prices = [LabeledPrice(label="Month", amount=50)]
        link = await bot.create_invoice_link("Plan", "One month", "plan", "XTR", prices)
        assert link.startswith("https://t.me/$")

    async def test_forward_names_its_channel(self, bot: Bot, owner: Person) -> None:
        await owner.forwards("XAUUSD buy", from_chat_title="Gold", from_message_id=12)
        (update,) = await bot.get_updates(timeout=0)
        assert update.message is not None
        origin = update.message.forward_origin
        assert origin is not None
        assert (origin.type, origin.chat.title, origin.message_id) == ("channel", "Gold", 12)  # type: ignore[union-attr]

    async def test_photo_of_a_person_reaches_the_bot(self, bot: Bot, owner: Person) -> None:
        await owner.sends_photo(PNG, "EURUSD sell")
        (update,) = await bot.get_updates(timeout=0)
        assert update.message is not None
        assert (update.message.caption, update.message.text) == ("EURUSD sell", None)

    async def test_edited_channel_post_reaches_the_bot(
        self, bot: Bot, owner: Person, sandbox: Sandbox
    ) -> None:
        post = await owner.posts_in_channel(sandbox.channel(CHANNEL, "Gold"), "TP 2650")
        await owner.edits(post, "TP 2660")
        _, edited = await bot.get_updates(timeout=0)
        assert edited.edited_channel_post is not None
        assert edited.edited_channel_post.text == "TP 2660"

    async def test_every_call_is_on_record(self, bot: Bot, sandbox: Sandbox, owner: Person) -> None:
        await bot.send_message(owner.id, "<b>hi</b>")
        (call,) = sandbox.calls_of("sendMessage")
        assert call.ok
        assert call.params["text"] == "<b>hi</b>"
        assert [message.text for message in sandbox.chats[OWNER].messages] == ["hi"]

    async def test_what_was_never_said(self, bot: Bot, owner: Person) -> None:
        sent = await bot.send_message(OWNER, "first")
        await sent.edit_text("second")
        assert owner.no_message_containing("third")
        assert not owner.no_message_containing("first")


class TestLimits:
    @pytest.mark.usefixtures("owner")
    async def test_thirty_a_second_overall(
        self, raw: Raw, sandbox: Sandbox, clock: HeldClock
    ) -> None:
        for n in range(30):
            await raw.accepted("sendMessage", chat_id=OWNER, text=str(n))
        assert sandbox.rate_violations() == 0
        await raw.accepted("sendMessage", chat_id=OWNER, text="one too many")
        assert sandbox.rate_violations() == 1
        clock.seconds += 1
        await raw.accepted("sendMessage", chat_id=OWNER, text="later")
        assert sandbox.rate_violations() == 1

    async def test_twenty_a_minute_in_a_group(
        self, raw: Raw, sandbox: Sandbox, clock: HeldClock
    ) -> None:
        sandbox.group(GROUP, "Desk")
        for n in range(21):
            clock.seconds += 1
            await raw.accepted("sendMessage", chat_id=GROUP, text=str(n))
        assert sandbox.rate_violations() == 1

    async def test_enforced_limit_names_the_wait(self, clock: HeldClock) -> None:
        async with (
            Sandbox(enforce_limits=True, clock=clock) as strict,
            aiohttp.ClientSession() as session,
        ):
            strict.group(GROUP, "Desk")
            call = Raw(session, strict)
            for n in range(20):
                await call.accepted("sendMessage", chat_id=GROUP, text=str(n))
            body = await call("sendMessage", chat_id=GROUP, text="x")
        assert body["error_code"] == 429
        assert body["parameters"] == {"retry_after": 60}


class TestFaults:
    @pytest.mark.usefixtures("owner")
    async def test_next_calls_fail_and_do_nothing(
        self, bot: Bot, sandbox: Sandbox, owner: Person
    ) -> None:
        sandbox.faults.fail_next("sendMessage", 2, status=503)
        for _ in range(2):
            with pytest.raises(TelegramServerError):
                await bot.send_message(OWNER, "x")
        assert owner.messages == []
        await bot.send_message(OWNER, "x")

    async def test_retry_after_is_named(self, bot: Bot, sandbox: Sandbox, owner: Person) -> None:
        sandbox.faults.fail_next(None, status=429, retry_after=7)
        await bot.get_updates(timeout=0)
        with pytest.raises(TelegramRetryAfter) as refusal:
            await bot.send_message(owner.id, "x")
        assert refusal.value.retry_after == 7

    async def test_connection_cut_before_processing(
        self, bot: Bot, sandbox: Sandbox, owner: Person
    ) -> None:
        sandbox.faults.drop_before("sendMessage")
        with pytest.raises(TelegramNetworkError):
            await bot.send_message(OWNER, "x")
        assert owner.messages == []

    async def test_connection_cut_after_processing(
        self, bot: Bot, sandbox: Sandbox, owner: Person
    ) -> None:
        sandbox.faults.drop_after("sendMessage")
        with pytest.raises(TelegramNetworkError):
            await bot.send_message(OWNER, "x")
        assert owner.last.text == "x"

    @pytest.mark.usefixtures("owner")
    async def test_delay_outlasts_the_clients_patience(self, bot: Bot, sandbox: Sandbox) -> None:
        sandbox.faults.delay("sendMessage", 1)
        with pytest.raises(TelegramNetworkError):
            await bot.send_message(OWNER, "x", request_timeout=0.05)  # type: ignore[arg-type]
        sandbox.faults.delay("sendMessage", 0)
        await bot.send_message(OWNER, "x")

    @pytest.mark.usefixtures("owner")
    async def test_outage_cuts_the_open_poll_and_every_call(
        self, bot: Bot, sandbox: Sandbox
    ) -> None:
        async def cut_poll() -> None:
            with pytest.raises(TelegramNetworkError):
                await bot.get_updates(timeout=5)

        async with asyncio.TaskGroup() as group:
            group.create_task(cut_poll())
            await asyncio.sleep(0.05)
            sandbox.faults.outage = True
        with pytest.raises(TelegramNetworkError):
            await bot.send_message(OWNER, "x")
        sandbox.faults.outage = False
        await bot.send_message(OWNER, "x")

    async def test_confirmed_updates_come_again(
        self, bot: Bot, sandbox: Sandbox, owner: Person
    ) -> None:
        seen: list[str] = []
        async with polling(bot, trading_router(seen)):
            await owner.sends("one")
            await owner.sends("two")
            first = await owner.sees("got two")
            await owner.sends("three")
            await owner.sees("got three")
            assert sandbox.faults.redeliver(2) == 2
            await owner.sees("got two", after=first)
        assert seen == ["one", "two", "three", "one", "two"]

    async def test_next_update_comes_twice(self, bot: Bot, sandbox: Sandbox, owner: Person) -> None:
        sandbox.faults.duplicate_next_update()
        await owner.sends("twice")
        updates = await bot.get_updates(timeout=0)
        assert [u.update_id for u in updates] == [1, 1]

    async def test_state_outlives_a_restart_of_the_server(
        self, bot: Bot, sandbox: Sandbox, owner: Person
    ) -> None:
        await bot.send_message(OWNER, "before")
        await sandbox.stop()
        await sandbox.start()
        assert owner.last.text == "before"


class TestPage:
    async def test_page_is_served_whole(self, raw: Raw, sandbox: Sandbox) -> None:
        async with raw.session.get(f"{sandbox.url}/") as response:
            page = await response.text()
            policy = response.headers["Content-Security-Policy"]
        assert "no real money" in page
        assert "innerHTML" not in page
        assert "default-src 'none'" in policy

    @pytest.mark.parametrize("path", ["/", "/events"])
    async def test_foreign_host_is_refused(self, raw: Raw, sandbox: Sandbox, path: str) -> None:
        headers = {"Host": "evil.example"}
        async with raw.session.get(sandbox.url + path, headers=headers) as response:
            assert response.status == 403

    async def test_foreign_origin_is_refused(
        self, raw: Raw, sandbox: Sandbox, owner: Person
    ) -> None:
        said: JsonObject = {"person": OWNER, "chat": OWNER, "text": "/panic"}
        headers = {"Origin": "http://evil.example"}
        async with raw.session.post(
            f"{sandbox.url}/chat/send", json=said, headers=headers
        ) as response:
            assert response.status == 403
        assert owner.messages == []

    async def test_what_is_typed_reaches_the_bot(
        self, raw: Raw, sandbox: Sandbox, owner: Person
    ) -> None:
        said: JsonObject = {"person": OWNER, "chat": OWNER, "text": "/status"}
        headers = {"Origin": sandbox.url}
        async with raw.session.post(
            f"{sandbox.url}/chat/send", json=said, headers=headers
        ) as response:
            assert response.status == 200
        assert [message.text for message in owner.messages] == ["/status"]

    async def test_tap_brings_the_toast(
        self, raw: Raw, sandbox: Sandbox, bot: Bot, owner: Person
    ) -> None:
        async with polling(bot, trading_router([])):
            await owner.sends("/card")
            card = await owner.sees("EURUSD")
            tap: JsonObject = {"person": OWNER, "chat": OWNER, "message": card.message_id}
            tap["data"] = card.button_data("Reject")
            async with raw.session.post(f"{sandbox.url}/chat/tap", json=tap) as response:
                assert (await response.json())["toast"] == {"text": "you said no", "alert": True}

    async def test_stranger_cannot_speak_in_somebody_elses_chat(
        self, raw: Raw, sandbox: Sandbox, owner: Person
    ) -> None:
        sandbox.person(8, "Guest")
        said: JsonObject = {"person": 8, "chat": owner.id, "text": "/panic"}
        async with raw.session.post(f"{sandbox.url}/chat/send", json=said) as response:
            assert response.status == 404

    async def test_events_stream_the_chat_as_it_changes(
        self, raw: Raw, sandbox: Sandbox, bot: Bot, owner: Person
    ) -> None:
        async with raw.session.get(f"{sandbox.url}/events?person={OWNER}") as response:
            assert b'"messages": []' in await response.content.readline()
            await response.content.readline()
            await bot.send_message(OWNER, "<b>سلام</b>")
            line = (await response.content.readline()).decode()
        assert '"text": "سلام"' in line
        assert owner.last.text == "سلام"

    async def test_document_is_only_ever_saved(
        self, raw: Raw, sandbox: Sandbox, bot: Bot, owner: Person
    ) -> None:
        await bot.send_document(OWNER, BufferedInputFile(b"<script>", "page.html"))
        media = owner.last.content.media
        assert media is not None
        url = f"{sandbox.url}/chat/file/{media.file.file_id}"
        async with raw.session.get(url) as response:
            assert response.headers["Content-Disposition"] == "attachment"
            assert response.content_type == "application/octet-stream"


def test_transcript_reads_like_the_chat(owner_chat: ChatMessage) -> None:
    lines = owner_chat.chat.transcript().splitlines()
    assert lines[1:] == ["#1 Trade desk (version 2): Filled", "      [Details]"]


@pytest.fixture
async def owner_chat(bot: Bot, owner: Person) -> ChatMessage:
    details = InlineKeyboardButton(text="Details", callback_data="d")
    sent = await bot.send_message(OWNER, "Working")
    await sent.edit_text("Filled", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[details]]))
    return owner.last
