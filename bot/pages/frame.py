"""Templates: escaped by default, in the reader's language, with the chat's own forms of figures."""

import hashlib
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.pages import words
from handlers.cards import text as shown
from handlers.cards.billing import price as plan_price
from handlers.cards.health import part_words
from handlers.plans import status_words
from handlers.readers import reader
from handlers.texts import retell, t, tell
from handlers.timeline import number_name, number_words
from handlers.words import denial_words, detail_words, order_type

STATIC: Final = ("app.css", "entry.js", "icon.svg")
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class Frame:
    """Renders the package's templates."""

    def __init__(self) -> None:
        self.files = {name: _read(name) for name in STATIC}

    @staticmethod
    def render(template: str, **values: object) -> str:
        """Return a page; what it is given is escaped."""
        return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("bot.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(_FILTERS)
    made.globals.update(
        t=t, tell=tell, retell=retell, words=words, asset=_asset, language=_language
    )
    return made


@cache
def _asset(name: str) -> str:
    """Return the address of a file of the package; it changes with the file."""
    return f"/app/static/{name}?v={hashlib.sha256(_read(name)).hexdigest()[:12]}"


def type_of(name: str) -> str:
    """Return the media type of a file of the package."""
    return _TYPES[name.rpartition(".")[2]]


def _read(name: str) -> bytes:
    return (resources.files("bot.pages") / "static" / name).read_bytes()


def _language() -> str:
    return reader().language.partition("-")[0]


def _name(text: str, limit: int = shown.NAME) -> Markup:
    return Markup(shown.foreign(str(text), limit))  # noqa: S704 - escaped by ``foreign``


def _money(amount: Decimal, currency: str = "", *, signed: bool = False) -> str:
    return f"{shown.figure(amount, signed=signed)} {currency}".strip()


def _percent(fraction: Decimal) -> str:
    """Return a fraction as a whole percent."""
    return f"{fraction * 100:.0f} %"


def _sign(amount: Decimal | None) -> str:
    """Return the class that colours a result; its sign says the same without colour."""
    return "" if not amount else "up" if amount > 0 else "down"


def _ago(at: datetime, now: datetime) -> str:
    return shown.span((now - at).total_seconds())


_FILTERS: Final = {
    "name": _name,
    "money": _money,
    "percent": _percent,
    "sign": _sign,
    "lots": shown.lots,
    "price": shown.price,
    "clock": shown.clock,
    "dated": shown.dated,
    "span": shown.span,
    "ago": _ago,
    "cost": lambda amount, currency: Markup(plan_price(amount, currency)),  # noqa: S704 - as above
    "part": part_words,
    "order_type": order_type,
    "denial": lambda denial: denial_words(denial.reason, denial.facts),
    "why": lambda fate: detail_words(fate.detail, fate.facts),
    "number_name": number_name,
    "number_words": lambda value, name, moment: number_words(name, value, moment),
    "invoice": status_words,
}
