"""One connection to the mail server, and what each of its answers means for a mail."""

import ssl
from dataclasses import dataclass
from typing import Final

import aiosmtplib
from aiosmtplib import errors

from trading.words import told

CALL_SECONDS: Final = 30.0
ACCEPT_SECONDS: Final = 300.0
"""RFC 5321, 4.5.3.2.6 gives a server ten minutes to take the data over; most need one second."""
_NO_STARTTLS: Final = told(
    "the mail server offers no STARTTLS: nothing was sent, no password either."
    " SMTP_SECURITY=tls may fit"
)
_FULL: Final = 552
"""A full mailbox is a permanent answer to something that passes."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SMTP is given: who sends, who receives, and the bytes."""

    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Access:
    """Where the server is and who we are there."""

    host: str
    port: int
    tls: str
    """``starttls``, ``tls`` or ``none``."""
    user: str | None
    password: str | None
    ca_file: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server answers for it from here on."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: to be tried again as the same mail."""

    why: str
    everybody: bool
    """Whether it is the server or the way to it: then every other mail waits as well."""
    setup: bool = False
    """Whether only a person can mend it."""


@dataclass(frozen=True, slots=True)
class Never:
    """The server will not take this mail."""

    why: str


@dataclass(frozen=True, slots=True)
class NoSuchAddress:
    """The server knows that nobody reads that address."""

    why: str


Answer = Accepted | Later | Never | NoSuchAddress


class Link:
    """A connection that is opened for a mail and kept for the next ones."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, envelope: Envelope) -> Answer:
        """Hand a mail over; what is not known to have failed is tried again, never lost."""
        try:
            client = await self._open()
        except (errors.SMTPException, OSError, ValueError) as error:
            await self.close()
            return _unopened(error)
        try:
            await client.mail(envelope.sender)
        except errors.SMTPSenderRefused as error:
            await self.close()
            words = told("the mail server does not take SMTP_SENDER: {why}", why=_said(error))
            return Later(words, everybody=True, setup=_is_final(error.code))
        except (errors.SMTPException, OSError) as error:
            return await self._broken(error)
        return await self._deliver(client, envelope)

    async def _deliver(self, client: aiosmtplib.SMTP, envelope: Envelope) -> Answer:
        try:
            await client.rcpt(envelope.recipient)
            await client.data(envelope.content, timeout=ACCEPT_SECONDS)
        except errors.SMTPRecipientRefused as error:
            await self.close()
            if _is_final(error.code) and error.code != _FULL:
                return NoSuchAddress(_said(error))
            return Later(_said(error), everybody=False)
        except errors.SMTPDataError as error:
            await self.close()
            if _is_final(error.code):
                return Never(_said(error))
            return Later(_said(error), everybody=False)
        except (errors.SMTPException, OSError) as error:
            return await self._broken(error)
        return Accepted()

    async def look(self) -> Later | None:
        """Connect and log in without sending anything; return what keeps it from that."""
        try:
            await self._open()
        except (errors.SMTPException, OSError, ValueError) as error:
            return _unopened(error)
        finally:
            await self.close()
        return None

    async def close(self) -> None:
        """Say goodbye, or hang up where the server does not listen any more."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            await client.quit(timeout=2)
        except (errors.SMTPException, OSError):
            client.close()

    async def _broken(self, error: Exception) -> Later:
        await self.close()
        name = type(error).__name__
        words = told("the mail server hung up in the middle of a mail ({name})", name=name)
        return Later(words, everybody=True)

    async def _open(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        access = self._access
        client = self._client = aiosmtplib.SMTP(
            hostname=access.host,
            port=access.port,
            use_tls=access.tls == "tls",
            # True, never "where it is offered": whoever sits between could hide the offer.
            start_tls=access.tls == "starttls",
            tls_context=None if access.tls == "none" else _trust(access.ca_file),
            timeout=CALL_SECONDS,
        )
        await client.connect()
        if access.user and access.password:
            await client.login(access.user, access.password)
        return client


def _trust(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def _unopened(error: Exception) -> Later:
    match error:
        case errors.SMTPAuthenticationError():
            words = told(
                "the mail server does not take SMTP_USER and SMTP_PASSWORD: {why}",
                why=_said(error),
            )
            return Later(words, everybody=True, setup=_is_final(error.code))
        case errors.SMTPResponseException():
            return Later(_said(error), everybody=True, setup=False)
        case errors.SMTPTimeoutError() | TimeoutError():
            return Later(told("the mail server does not answer"), everybody=True)
        case _:
            plain = " ".join(str(error).split())[:200] or type(error).__name__
            if isinstance(error, errors.SMTPException) and "STARTTLS" in plain:
                return Later(_NO_STARTTLS, everybody=True, setup=True)
            refused = isinstance(error, ssl.SSLError) or "certificate" in plain.casefold()
            return Later(plain, everybody=True, setup=refused)


def _is_final(code: int) -> bool:
    return 500 <= code < 600


def _said(error: errors.SMTPResponseException) -> str:
    words = "".join(one if one.isprintable() else " " for one in str(error.message))
    return f"{error.code} {' '.join(words.split())}"[:200]
