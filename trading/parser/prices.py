"""Numbers of a field as prices of a symbol, or the words why they are none."""

from dataclasses import dataclass
from decimal import Decimal

from trading.model import SignalDraft
from trading.parser.numbers import resolve
from trading.parser.symbols import price_band
from trading.parser.tagger import Item
from trading.words import told


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a block is not taken, in a trader's words."""

    why: str
    draft: SignalDraft | None = None
    """What was read all the same: only its prices do not fit each other."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of one field and where they stand."""

    values: tuple[Decimal, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()


def read_prices(items: list[Item], name: str, label: str) -> Prices | Hold:
    """Read every number of a field as a price; the first that is none holds the field."""
    values: list[Decimal] = []
    spans: list[tuple[int, int]] = []
    for item in items:
        way = resolve(item.text, price_band(name))
        if way is None:
            return Hold(
                told(
                    'the {label} "{text}" is not a price of {name}',
                    label=label,
                    text=item.text,
                    name=name,
                )
            )
        values += way
        spans += [place_of(item)] * len(way)
    return Prices(tuple(values), tuple(spans))


def place_of(item: Item) -> tuple[int, int]:
    """Return where an item stands in the folded text."""
    return item.start, item.end
