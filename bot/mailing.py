"""Wires e-mail: off, and nothing of it loaded, until a mail server is set."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from bot.mail.access import link_of
from bot.settings import Settings
from handlers.cards import render
from storage.database import Database
from storage.mail_store import MailStore
from trading.clock import Clock
from trading.mailing import MailService

if TYPE_CHECKING:
    from bot.mail.sender import MailSender


@dataclass(frozen=True, slots=True)
class Mailing:
    """What the chat, HTTP and the process's life need of e-mail."""

    service: MailService
    store: MailStore
    sender: "MailSender | None"
    """None where the desk sends no mail."""

    async def run(self) -> None:
        """Send until stopped; ends at once where the desk sends no mail."""
        if self.sender is not None:
            await self.sender.run()

    async def stop(self) -> None:
        """Let the mail at work be finished, for a few seconds at most."""
        if self.sender is not None:
            await self.sender.stop()

    def kick(self) -> None:
        """Say that a mail may have been written."""
        if self.sender is not None:
            self.sender.kick()

    def add_routes(self, site: web.Application) -> None:
        """Serve the page of the unsubscribe links."""
        if self.sender is None:
            return
        from bot.mail.message import UNSUBSCRIBE_PATH  # noqa: PLC0415 - only who sends mail loads it
        from bot.mail.page import UnsubscribePage  # noqa: PLC0415

        page = UnsubscribePage(self.store)
        site.router.add_get(UNSUBSCRIBE_PATH + "{token}", page.ask)
        site.router.add_post(UNSUBSCRIBE_PATH + "{token}", page.take)


async def open_mailing(
    settings: Settings, database: Database, clock: Clock, said: Callable[[], None]
) -> Mailing:
    """Return e-mail as the settings want it; what a stop cut short waits again."""
    smtp = settings.smtp
    token = settings.telegram.token.get_secret_value()
    key = hmac.new(token.encode(), b"codes of e-mail addresses", hashlib.sha256).digest()
    store = MailStore(database, clock, said, key)
    served = smtp.host is not None
    await store.recover(served=served)
    service = MailService(store, enabled=served)
    if smtp.host is None or smtp.sender is None:
        return Mailing(service, store, None)
    from bot.mail.message import Writer  # noqa: PLC0415 - only who sends mail loads it
    from bot.mail.sender import MailSender  # noqa: PLC0415

    writer = Writer(smtp.sender, settings.http.public_url, render, store.code)
    link = link_of(smtp, smtp.host)
    return Mailing(service, store, MailSender(store, writer.envelope, link, clock))
