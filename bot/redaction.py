"""Secrets taken out of text, in every spelling a log line or a traceback gives them."""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 4
"""A shorter secret would turn ordinary words into stars and so tell what it is."""

_SHAPE = r"(?<![0-9])[0-9]{6,12}(?::|%3[Aa])[A-Za-z0-9_-]{30,60}"
_SHAPE_IN_URL = r"(?<=/bot)[0-9]+(?::|%3[Aa])[^/\s\"'?]+"


class Redactor:
    """Replaces known secrets, and anything shaped like a bot token, by ``***``."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {text for secret in secrets for text in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        known = [re.escape(text) for text in longest_first if len(text) >= _SHORTEST]
        self._pattern = re.compile("|".join([*known, _SHAPE_IN_URL, _SHAPE]))

    def __call__(self, text: str) -> str:
        return self._pattern.sub(MASK, text)


def _spellings(secret: str) -> set[str]:
    """Return a secret as it is, inside a URL, inside JSON and inside a ``repr``."""
    key = secret.partition(":")[2] if re.fullmatch(r"[0-9]+:\S{8,}", secret) else ""
    return {
        key,
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        ascii(secret)[1:-1],
        repr(secret.encode(errors="surrogatepass"))[2:-1],
    }
