"""The proof a Mini App brings: who opened it, signed by Telegram for this bot, a moment ago.

https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from aiogram.utils.web_app import WebAppInitData, safe_parse_webapp_init_data

from trading.words import told

MOST_AGE: Final = timedelta(minutes=5)
"""A Mini App shows its proof at once; an older one was kept, or the app was left open."""
MOST_AHEAD: Final = timedelta(seconds=60)
"""How far Telegram's clock may be before ours."""
_LONGEST: Final = 8192
_HASH: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Proof:
    """Telegram says that this person opened the app."""

    telegram_id: int
    hash: str
    """Telegram's signature: no two openings have the same."""


def read(token: str, init_data: str, now: datetime) -> Proof | str:
    """Return what init data proves, or in words why it proves nothing."""
    signed = _hash(init_data[: _LONGEST + 1])
    found = _checked(token, init_data) if len(init_data) <= _LONGEST and signed else None
    if found is None or found.user is None:
        return told("Telegram's signature does not fit. Open the dashboard from the chat.")
    age = now - found.auth_date
    if not -MOST_AHEAD <= age <= MOST_AGE:
        return told("This was opened too long ago. Close it and open it again: /dashboard")
    return Proof(found.user.id, signed)


def _hash(init_data: str) -> str:
    """Return the signature; the library compares it as text and would raise on what is none."""
    try:
        found = dict(parse_qsl(init_data, strict_parsing=True)).get("hash", "")
    except ValueError:
        return ""
    return found if _HASH.fullmatch(found) else ""


def _checked(token: str, init_data: str) -> WebAppInitData | None:
    try:
        return safe_parse_webapp_init_data(token, init_data)
    except ValueError:  # also where it is signed, and yet of another shape than the library knows
        return None
