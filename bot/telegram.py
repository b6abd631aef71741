"""The one connection to Telegram: where the Bot API is, and how every message is written."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import ClientDecodeError, TelegramServerError
from aiogram.methods import GetUpdates, TelegramMethod
from aiogram.methods.base import Response
from aiogram.types import LinkPreviewOptions
from pydantic import ValidationError

from bot import leniency
from bot.settings import Settings


class Session(AiohttpSession):
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
        """Return what Telegram answered, as far as it can be read, or raise its refusal.

        What is no answer of the Bot API, such as the page of a proxy, is a failure of the server.
        """
        self._met.add(Response[method.__returning__])  # type: ignore[name-defined]  # a run-time type
        try:
            return super().check_response(bot, method, status_code, content)
        except ClientDecodeError as error:
            with contextlib.suppress(ValidationError):
                if (found := _in_part(bot, method, error.data)) is not None:
                    return found
            words = f"HTTP {status_code} with what is no answer of the Bot API: {error.original}"
            raise TelegramServerError(method=method, message=words[:300]) from error


def _in_part(bot: Bot, method: TelegramMethod[Any], data: Any) -> Response[Any] | None:
    """Return what can be read of an answer that is newer than the library, None if nothing can."""
    if not isinstance(data, dict) or data.get("ok") is not True:
        return None
    result = data.get("result")
    if isinstance(method, GetUpdates) and isinstance(result, list):
        return Response[Any](ok=True, result=[leniency.update(bot, one) for one in result])
    if isinstance(result, dict) and "message_id" in result:
        return Response[Any](ok=True, result=leniency.message(bot, result))
    return None


@contextlib.asynccontextmanager
async def open_bot(settings: Settings) -> AsyncIterator[Bot]:
    """Give the bot of the settings' token, and close its connections at the end."""
    api = TelegramAPIServer.from_base(settings.telegram.api_url)
    async with Bot(
        settings.telegram.token.get_secret_value(),
        session=Session(api),
        default=DefaultBotProperties(
            parse_mode=ParseMode.HTML, link_preview=LinkPreviewOptions(is_disabled=True)
        ),
    ) as bot:
        yield bot
