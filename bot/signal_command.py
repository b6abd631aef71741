"""``python -m bot signal``: sign a signal and post it to the running bot, as any client would."""

import hashlib
import hmac
import http.client
from typing import TextIO

from bot.settings import Settings, SettingsError
from trading.clock import Clock, SystemClock
from trading.errors import TradeDeskError

PATH = "/api/v1/signals"
TIMESTAMP_HEADER = "X-Signal-Timestamp"
SIGNATURE_HEADER = "X-Signal-Signature"
_PATIENCE_SECONDS = 10.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - not bound here


class NoAnswer(TradeDeskError):  # noqa: N818 - reads as a state
    """No bot answered at the address of the settings."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the hex HMAC-SHA256 of ``timestamp + "." + body``."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send(settings: Settings, body: bytes, out: TextIO, clock: Clock | None = None) -> bool:
    """Post the body byte for byte, write the status and the answer, and tell whether it was taken.

    Raises ``NoAnswer`` when no bot is there, ``SettingsError`` without ``SIGNAL_SECRET``.
    """
    secret = settings.signals.secret
    if secret is None:
        raise SettingsError(("SIGNAL_SECRET: is required: the running bot's own",))
    timestamp = str(int((clock or SystemClock()).now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: sign(secret.get_secret_value(), timestamp, body),
    }
    host, port = settings.http.host, settings.http.port
    connection = http.client.HTTPConnection(
        _ANY_ADDRESS.get(host, host), port, timeout=_PATIENCE_SECONDS
    )
    try:
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        why = str(error) or type(error).__name__
        raise NoAnswer(f"no answer from http://{host}:{port}{PATH}: {why}") from error
    finally:
        connection.close()
    out.write(f"{answer.status} {answer.reason}\n{text.rstrip()}\n")
    return 200 <= answer.status < 300
