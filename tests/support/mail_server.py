"""A real SMTP server on loopback (aiosmtpd) that keeps what it took and fails when told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "desk", "a-mail-password"


@cache
def certificate() -> tuple[bytes, bytes]:
    """Return a certificate for localhost and 127.0.0.1 of its own signature, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM), secret


@dataclass
class MailServer:
    """What it took, what was tried on it, and how it fails next."""

    port: int = 0
    ca_file: Path | None = None
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)
    """One for each connection that began a mail."""
    left: int = 0
    """Connections that said goodbye."""
    logins: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    """Each is used once: ``mail``, ``rcpt`` or ``data``, and an answer, ``cut``, or ``take, cut``
    (which keeps the mail and never says so)."""
    heard: Callable[[str], None] = field(default=lambda where: None)
    """Called before ``rcpt`` and ``data`` are answered; what was sent is taken by then."""
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def fail(self, where: str, how: str, times: int = 1) -> None:
        self.faults += [(where, how)] * times

    async def arrival(self) -> EmailMessage:
        """Return the newest mail, waiting ten seconds at most for the first."""
        async with asyncio.timeout(10):
            await self._arrived.wait()
        return self.mails[-1]

    def _fault(self, where: str) -> str | None:
        if self.faults and self.faults[0][0] == where:
            return self.faults.pop(0)[1]
        return None

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.sessions.add(id(session))
        fault = self._fault("mail")
        if fault is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
            return "250 OK"
        return _act(server, fault)

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        self.left += 1
        return "221 Bye"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.heard("rcpt")
        fault = self._fault("rcpt")
        if fault is None:
            envelope.rcpt_tos.append(address)
            return "250 OK"
        return _act(server, fault)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self._fault("data")
        if fault is None or fault.startswith("take"):
            content = envelope.content
            assert isinstance(content, bytes)
            message = message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
            self._arrived.set()
            self.raw.append(content)
            self.to += envelope.rcpt_tos
        self.heard("data")
        return "250 OK" if fault is None else _act(server, fault)

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        good = self.logins[-1] == (USER, PASSWORD)
        return AuthResult(success=good, handled=False)


def by_mail(port: int) -> dict[str, str]:
    """Return the settings of a desk that sends its mail to this server."""
    return {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_SECURITY": "none",
        "SMTP_SENDER": "Desk <desk@example.com>",
    }


def _act(server: SMTP, fault: str) -> str:
    if not fault.endswith("cut"):
        return fault
    assert server.transport is not None
    server.transport.close()
    return "250 never heard"


@asynccontextmanager
async def mail_server(folder: Path, tls: str = "none") -> AsyncIterator[MailServer]:
    """Serve on a free port of loopback: ``none``, ``starttls`` (offered) or ``tls`` throughout."""
    made = MailServer()
    context = None
    if tls != "none":
        (folder / "mail.pem").write_bytes(b"".join(certificate()))
        made.ca_file = folder / "mail-ca.pem"
        made.ca_file.write_bytes(certificate()[0])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "mail.pem")

    def session() -> SMTP:
        return SMTP(
            made,
            hostname="mail.test",
            authenticator=made.authenticate,
            tls_context=context if tls == "starttls" else None,
            auth_require_tls=tls == "starttls",
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        session, "127.0.0.1", 0, ssl=context if tls == "tls" else None
    )
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()
