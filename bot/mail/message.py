"""A mail as it goes over the wire: headers nobody can add to, a text and an HTML part."""

from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

from bot.mail.smtp import Envelope
from handlers.cards import Render
from handlers.cards.letters import Letter, of_card, of_code
from handlers.readers import reading
from storage.mail_queue import Mail
from trading.mail import MailKind, link_token

_SEVEN_BITS: Final = SMTP.clone(cte_type="7bit")
"""So that a server without 8BITMIME takes it as well."""
UNSUBSCRIBE_PATH: Final = "/email/unsubscribe/"


class Writer:
    """Turns a mail into bytes; every attempt at a mail gives the same ones."""

    def __init__(
        self, sender: str, public_url: str | None, render: Render, code: Callable[[str, str], str]
    ) -> None:
        """``public_url`` is where unsubscribe links lead; None: mails carry none."""
        name, self._address = parseaddr(sender)
        self._from = Address(display_name=name, addr_spec=self._address)
        self._domain = self._address.partition("@")[2]
        self._public_url = public_url
        self._render = render
        self._code = code

    def envelope(self, mail: Mail) -> Envelope:
        """Return a mail in its reader's language."""
        link = self._link(mail)
        with reading(mail.reader):
            letter = self._letter(mail, link)
        message = EmailMessage(policy=_SEVEN_BITS)
        message["From"] = self._from
        message["To"] = Address(addr_spec=mail.address)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(mail.created_at)
        message["Message-ID"] = self._id(mail.message_key)
        if mail.answers:
            message["In-Reply-To"] = message["References"] = self._id(mail.answers)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nothing answers it by itself
        message["Content-Language"] = mail.reader.language
        if link:
            # RFC 8058: one POST, no cookie, no question.
            message["List-Unsubscribe"] = f"<{link}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        message.set_boundary(f"=_{mail.message_key}")
        return Envelope(self._address, mail.address, message.as_bytes())

    def _letter(self, mail: Mail, link: str) -> Letter:
        if mail.notice is None:
            return of_code(self._code(mail.code_seed, mail.address))
        card = self._render(mail.notice, mail.created_at).text
        return of_card(card, mail.kind, link)

    def _link(self, mail: Mail) -> str:
        if self._public_url is None or mail.kind in (MailKind.CODE, MailKind.CRITICAL):
            return ""
        token = link_token(mail.link_key, mail.member_id, mail.kind)
        return f"{self._public_url}{UNSUBSCRIBE_PATH}{token}"

    def _id(self, key: str) -> str:
        return f"<{key}@{self._domain}>"
