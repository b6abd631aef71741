"""The one connection to Telegram: where the Bot API is, and how every message is written."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.methods import TelegramMethod
from aiogram.methods.base import Response
from aiogram.types import LinkPreviewOptions

from bot.settings import Settings


class _Session(AiohttpSession):
    """A session that keeps the answer types it has met.

    pydantic holds a parametrised generic by a weak reference alone: each answer of Telegram would
    build its ``Response[...]`` anew, 1 to 3 ms of the event loop that taps and orders share.
    """

    def __init__(self, api: TelegramAPIServer) -> None:
        super().__init__(api=api)
        self._met: set[type[Response[Any]]] = set()

    def check_response(
        self, bot: Bot, method: TelegramMethod[Any], status_code: int, content: str
    ) -> Response[Any]:
        """Return what Telegram answered, or raise its refusal, as aiogram's own session does."""
        self._met.add(Response[method.__returning__])  # type: ignore[name-defined]  # a run-time type
        return super().check_response(bot, method, status_code, content)


@contextlib.asynccontextmanager
async def open_bot(settings: Settings) -> AsyncIterator[Bot]:
    """Give the bot of the settings' token, and close its connections at the end."""
    api = TelegramAPIServer.from_base(settings.telegram.api_url)
    async with Bot(
        settings.telegram.token.get_secret_value(),
        session=_Session(api),
        default=DefaultBotProperties(
            parse_mode=ParseMode.HTML, link_preview=LinkPreviewOptions(is_disabled=True)
        ),
    ) as bot:
        yield bot
