"""What a Mini App is given when it is opened, signed as Telegram signs it."""

import hashlib
import hmac
import json
from urllib.parse import urlencode


def signed(token: str, telegram_id: int, at: int, **more: str) -> str:
    """Return init data of a bot's token, opened by a person at a unix second."""
    user = json.dumps({"id": telegram_id, "first_name": "Olga"})
    fields = {"auth_date": str(at), "query_id": "AAH", "user": user, **more}
    listed = "\n".join(f"{key}={value}" for key, value in sorted(fields.items()))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    hash_ = hmac.new(key, listed.encode(), hashlib.sha256).hexdigest()
    return urlencode({**fields, "hash": hash_})
