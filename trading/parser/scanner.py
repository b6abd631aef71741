"""Tagged items to labelled fields: which numbers belong to the entry, the stop, the targets."""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import ClassVar

from trading.parser import hints
from trading.parser.fields import Field, Scan
from trading.parser.tagger import BROKEN, ORDINAL, PIPS, Item
from trading.parser.vocabulary import RANGE_WORDS, Tag
from trading.words import told

_LIST_SEPARATORS = RANGE_WORDS | set(",/-&|;~_>") | {"then"}
_RANGE_SEPARATORS = RANGE_WORDS | set("-/_~,&")
_ORDER_TAGS = frozenset({Tag.SIDE, Tag.ENTRY, Tag.SYMBOL})
_NOT_ORDERED = frozenset({"your", "the", "risk", "loss", "losses", "up", "down"})
_MOST_EVENTS = 40
"""More than a trade has; looking back no further keeps a message of one word linear."""
_LONGEST_COUNT = 3
"""A number with a unit but more digits than this may be a price after all."""


def _tells_price(item: Item) -> bool:
    """Tell whether this is "current price" or "cmp": behind an entry it only informs."""
    return item.text.startswith(("current", "cmp"))


class FieldScanner:
    """One pass over the items of a message."""

    def __init__(self, items: list[Item]) -> None:
        self._items = items
        self._scan = Scan()
        self._field: Field | None = None
        self._attached = False
        """Nothing but glue and separators since the label or the last value."""
        self._between: list[str] = []
        self._muted = False
        self._advised = False
        """Advice on a later moment of the trade stands before this on its line."""

    def scan(self) -> Scan:
        """Return the fields, sides, symbols and order words of the message."""
        for place, item in enumerate(self._items):
            handler = self._HANDLERS.get(item.tag)
            if handler is not None:
                handler(self, place, item)
        return self._scan

    # --- labels ----------------------------------------------------------------------------

    def _on_side(self, _place: int, item: Item) -> None:
        self._scan.events.append(item)
        self._open(Tag.ENTRY, item)

    def _on_symbol(self, place: int, item: Item) -> None:
        self._scan.events.append(item)
        if hints.has_a_line(self._items, place):
            self._scan.sole_symbols.append(item)
        if not self._is_waiting():
            self._open(Tag.ENTRY, item)

    def _on_order_word(self, place: int, item: Item) -> None:
        if item.tag is Tag.MARKET and self._named_since_side(levels=not _tells_price(item)):
            # "current price 2651" below the levels; "now 2651" is no price of the call.
            (self._on_aside if _tells_price(item) else self._on_word)(place, item)
            return
        if item.tag is Tag.TYPE and not self._types_an_order(place, item):
            self._on_word(place, item)
            return
        self._scan.events.append(item)
        if self._field is None or self._field.tag is not Tag.ENTRY:
            self._open(Tag.ENTRY, item)
        elif item.tag is Tag.MARKET and self._field.values:
            self._attached = False  # "buy 196.00 now 196.60": where the price is by now

    def _types_an_order(self, place: int, item: Item) -> bool:
        """Tell "BUY LIMIT" and "order type: limit" from "limit your risk"."""
        after = self._items[place + 1].text if place + 1 < len(self._items) else ""
        line = [other for other in self._items if other.line == item.line]
        named = any(o.tag in _ORDER_TAGS or o.text in {"type", "order", "orders"} for o in line)
        return named and after not in _NOT_ORDERED

    def _on_label(self, place: int, item: Item) -> None:
        if self._advised and not hints.price_follows(self._items, place):
            return  # "close half at TP1, the rest at TP2"
        names = [event for event in self._scan.events[-3:] if isinstance(event, Item)]
        bare = item.text == "stop" and item.end - item.start == len("stop")
        head = self._is_waiting() and self._field is not None and self._field.tag is Tag.ENTRY
        beside = bool(names) and names[-1].line == item.line
        self._open(item.tag, item)
        if self._field is not None:
            self._field.ambiguous = bare and head and beside

    def _on_soft_entry(self, place: int, item: Item) -> None:
        if self._is_waiting():
            return
        if self._is_range_word(item):
            self._between.append(item.text)
        elif self._named_since_side(levels=False):
            self._on_word(place, item)
        else:
            self._open(Tag.ENTRY, item)

    def _on_condition(self, place: int, item: Item) -> None:
        if not self._is_waiting() or self._field is None:
            self._on_word(place, item)
        elif self._field.tag is Tag.ENTRY:
            self._scan.events.append(item)

    def _on_not_set(self, place: int, item: Item) -> None:
        if not self._is_waiting() or self._field is None or self._field.tag is Tag.ENTRY:
            self._on_word(place, item)
            return
        self._field.open_ended = True
        # What follows an open target on its line are hints: "TP4 open (2694 / 2692)".
        self._muted = self._field.tag is Tag.TARGET

    def _on_no_stop(self, _place: int, item: Item) -> None:
        self._open(Tag.STOP if item.tag is Tag.NO_STOP else Tag.TARGET, item)
        if self._field is not None:
            self._field.open_ended = True

    def _on_advice(self, place: int, item: Item) -> None:
        trails = item.text == "trailing"
        if not (trails and self._is_waiting() and self._field is not None):
            self._on_aside(place, item)
            self._advised = True

    def _on_aside(self, _place: int, _item: Item) -> None:
        self._attached = False
        self._muted = True

    def _on_word(self, _place: int, _item: Item) -> None:
        self._attached = False

    def _on_filler(self, _place: int, item: Item) -> None:
        if item.text in _LIST_SEPARATORS:
            self._between.append(item.text)

    def _on_separator(self, _place: int, item: Item) -> None:
        self._between.append(item.text)

    def _on_newline(self, _place: int, _item: Item) -> None:
        self._muted = self._advised = False
        if not self._between or self._between[-1] != "\n":
            self._between.append("\n")

    # --- numbers ---------------------------------------------------------------------------

    def _on_number(self, place: int, item: Item) -> None:
        if self._muted:
            if not item.unit:
                self._scan.asides.append(item)
        elif hints.follows_plus(self._items, place) and item.unit != PIPS:
            self._scan.strays.append(item)
        elif item.unit:
            if len(item.text) > _LONGEST_COUNT:
                self._scan.strays.append(item)
            self._on_number_with_unit(item)
            self._between.clear()
        elif not self._is_index(place, item):
            self._on_price(place, item)
            self._between.clear()

    def _is_index(self, place: int, item: Item) -> bool:
        """Tell whether a small whole number counts lines or targets instead of pricing them."""
        if not hints.is_small(item):
            return False
        if self._numbers_a_label(place, item) or hints.counts_in_a_list(self._items, place):
            return True
        if hints.counts_calls(self._items, place):
            return True
        if self._is_waiting() and not hints.leads_a_label(self._items, place):
            return False
        return hints.counts_a_line(self._items, place)

    def _on_number_with_unit(self, item: Item) -> None:
        current = self._field
        if item.unit == ORDINAL or current is None or not self._attached:
            return
        if item.unit == BROKEN and (current.waits or current.values):
            current.trouble = told('letters stand in the number "{text}…"', text=item.text)
        elif current.tag is not Tag.ENTRY:
            self._on_distance(item, current)

    def _on_distance(self, item: Item, current: Field) -> None:
        if item.unit != PIPS:
            if current.waits:
                current.trouble = told('"{text}" is not a price', text=item.text)
        elif current.waits:
            current.pips.append(item)
        elif current.values and current.note is None:
            current.note = item

    def _on_price(self, place: int, item: Item) -> None:
        current = self._field
        if current is None or not self._attached:
            self._scan.strays.append(item)
        elif current.waits:
            current.values.append(item)
            current.separators.append("")
        elif current.values:
            self._on_next_price(place, item, current)
        else:
            self._scan.strays.append(item)

    def _on_next_price(self, place: int, item: Item, current: Field) -> None:
        marks = [mark for mark in self._between if mark != "\n"]
        if hints.is_note(self._items, place) and (current.tag is not Tag.ENTRY or not marks):
            self._scan.strays.append(item)
            return
        allowed = _RANGE_SEPARATORS if current.tag is Tag.ENTRY else _LIST_SEPARATORS
        if current.tag is Tag.STOP:
            current.trouble = told("the stop has a second number {text}", text=item.text)
        elif marks and all(mark in allowed for mark in marks):
            current.values.append(item)
            current.separators.append(marks[0])
        elif not marks and self._goes_on(place, item, current):
            if current.tag is Tag.ENTRY:
                current.unlabelled.append(item)
            else:
                current.values.append(item)
                current.separators.append(" ")
        else:
            current.trouble = told(
                "{text} after {before} is not clear", text=item.text, before=current.values[-1].text
            )

    def _goes_on(self, place: int, item: Item, current: Field) -> bool:
        """Tell whether a bare number is the next price: on a line of its own, or alike."""
        if "\n" in self._between:
            return current.tag is Tag.TARGET or hints.alone_on_line(self._items, place)
        return hints.alike(current.values[-1], item)

    def _numbers_a_label(self, place: int, item: Item) -> bool:
        current = self._field
        if current is None or not self._is_waiting() or current.index is not None:
            return False
        if current.label.tag not in {Tag.TARGET, Tag.ENTRY}:
            return False
        if not hints.directly_after(self._items, place, current.label):
            return False
        if item.spaced and not self._counts_on(place, item, current):
            return False
        current.index = int(item.text)
        return True

    def _counts_on(self, place: int, item: Item, current: Field) -> bool:
        """Tell "TP 1 - 4330" from "TP 20-50-100 pips": an index is the next one."""
        same = [event for event in self._scan.events if isinstance(event, Field)]
        expected = sum(event.tag is current.tag for event in same)
        return int(item.text) <= expected + 1 and hints.more_follows(self._items, place)

    # --- state -----------------------------------------------------------------------------

    def _open(self, tag: Tag, label: Item) -> None:
        current = self._field
        index = None
        if current is not None and current.tag is tag and self._is_waiting():
            # A heading, or the same label twice: "Take Profit 1 (TP1): 2635".
            index = (
                current.index if tag is Tag.TARGET and current.label.line == label.line else None
            )
            if self._scan.events[-1] is current:
                self._scan.events.pop()
        self._field = Field(tag, label, index)
        self._scan.events.append(self._field)
        self._attached = True
        self._muted = False
        self._between.clear()

    def _is_waiting(self) -> bool:
        return self._field is not None and self._attached and self._field.waits

    def _is_range_word(self, item: Item) -> bool:
        current = self._field
        return (
            current is not None
            and self._attached
            and bool(current.values)
            and item.text in _RANGE_SEPARATORS
        )

    def _named_since_side(self, *, levels: bool) -> bool:
        """Tell whether a stop or target, or (not only levels) a priced entry was named."""
        for event in islice(reversed(self._scan.events), _MOST_EVENTS):
            if isinstance(event, Field):
                if event.tag is not Tag.ENTRY or (event.values and not levels):
                    return True
            elif event.tag is Tag.SIDE:
                return False
        return False

    _HANDLERS: ClassVar[Mapping[Tag, Callable[["FieldScanner", int, Item], None]]] = {
        Tag.SIDE: _on_side,
        Tag.SYMBOL: _on_symbol,
        Tag.TYPE: _on_order_word,
        Tag.MARKET: _on_order_word,
        Tag.STOP: _on_label,
        Tag.TARGET: _on_label,
        Tag.ENTRY: _on_label,
        Tag.SOFT_ENTRY: _on_soft_entry,
        Tag.CONDITION: _on_condition,
        Tag.NOT_SET: _on_not_set,
        Tag.NO_STOP: _on_no_stop,
        Tag.NO_TARGET: _on_no_stop,
        Tag.ASIDE: _on_aside,
        Tag.ADVICE: _on_advice,
        Tag.WORD: _on_word,
        Tag.FILLER: _on_filler,
        Tag.SEPARATOR: _on_separator,
        Tag.NEWLINE: _on_newline,
        Tag.NUMBER: _on_number,
    }
