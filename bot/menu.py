"""The command menu that Telegram shows beside the text field."""

import logging

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import BotCommand

log = logging.getLogger(__name__)

COMMANDS = (
    ("status", "account and open positions"),
    ("positions", "open positions"),
    ("drawdown", "every cap: floor, room, now"),
    ("cap", "show or set the drawdown caps"),
    ("signals", "the latest signals"),
    ("heartbeat", "the latest sign of life"),
    ("pause", "no new entries"),
    ("resume", "trade again (asks first)"),
    ("panic", "halt and close everything (asks first)"),
    ("help", "what you can say"),
)


async def show_menu(bot: Bot) -> None:
    """Publish the menu; without it the desk works all the same."""
    commands = [BotCommand(command=name, description=words) for name, words in COMMANDS]
    try:
        await bot.set_my_commands(commands, request_timeout=10)
    except TelegramAPIError as error:
        log.info("menu_not_shown", extra={"facts": {"why": str(error)}})
