"""What was handled is let go of."""

import gc
import weakref

from aiogram import Bot, Dispatcher
from aiogram.types import Chat, Message, Update, User

from bot.polling import Updates
from bot.sandbox import TOKEN
from tests.support.instant import Instant


async def test_an_update_that_was_handled_is_kept_by_nobody() -> None:
    dispatcher = Dispatcher(disable_fsm=True)
    seen: list[str | None] = []

    @dispatcher.message()
    async def read(message: Message) -> None:
        seen.append(message.text)

    bot = Bot(TOKEN, session=Instant())
    updates, kept = Updates(dispatcher, bot), []
    for number in range(5):
        message = Message(
            message_id=number,
            date=0,  # type: ignore[arg-type]  # aiogram reads seconds
            chat=Chat(id=1, type="private"),
            from_user=User(id=1, is_bot=False, first_name="Olga"),
            text=f"secret {number}",
        )
        update = Update(update_id=number, message=message).as_(bot)
        kept.append(weakref.ref(update))
        assert await updates.take(update)
        del message, update
    gc.collect()
    assert len(seen) == 5
    assert [one() for one in kept] == [None] * 5
