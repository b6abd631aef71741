"""Messages about a signal that is already out: what they ask, never what they brag about."""

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from trading.model import Side
from trading.parser.lexer import Token
from trading.parser.normalise import fold_word, word_set
from trading.parser.numbers import readings
from trading.parser.reading import SignalUpdate, UpdateKind
from trading.parser.tagger import Item
from trading.parser.vocabulary import PIP_UNITS, Tag

_STOPS = word_set("sl stop stops stoploss сл стоп وقف الوقف ستوب الستوب")
_TARGETS = word_set("tp target tps targets takeprofit тп цель هدف الهدف")
_MOVES = word_set(
    "move moved set put place bring shift adjust trail change changed raise lower slide "
    "modify modified keep new update updated mover mueve muevan poner mova перенести "
    "переносим двигаем ضع انقل نقل pindahkan geser tasi verschieben"
)
_BREAK_EVEN = word_set("be breakeven bep entry cost entrada безубыток الدخول entri giris einstand")
_TO = word_set("to at @ on a al into > = : в على ke the your our")
_CLOSES = word_set(
    "close exit cerrar cierren cierra cierre fechar feche закрыть закрываем закрывайте اغلاق "
    "اغلق tutup kapat schliessen fermer chiudere chiudi close-all"
)
_ALL = word_set(
    "all everything fully full completely entire todo toda todos todas tudo trade trades "
    "position positions now all-trades все всё كل semua tout tutto hepsini alles them it "
    "remaining rest both"
)
_HALVES = word_set("half mitad metade половину половина نصف setengah yari halfte moitie meta medio")
_PARTIAL = word_set("partial partials partially parcial parciales parciais частично جزئي sebagian")
_TAKES = word_set("close take book secure bank lock grab cerrar tomar fechar realizar")
_HITS = word_set(
    "hit hitted reached done smashed achieved touched completed hits \u2713 alcanzado "
    "atingido batido tocado достигнут взят تحقق ضرب tercapai"
)
_WORDS_OF_HIT = _HITS - {"\u2713"}
_CANCELS = word_set(
    "cancel cancelled canceled delete remove ignore skip cancelar cancela отмена отменить "
    "الغاء batal"
)
_CANCELLED = word_set(
    "order orders pending limit limits signal trade setup entry this it all stop orden ordem "
    "senal сигнал ордер الصفقة trades signals setups"
)
_BLOCKERS = word_set(
    "not don't dont never if who why would unless before when once after until will may might "
    "could likely can without almost nearly near approaching casi quase cuando si если no nao"
)
_OPENERS = word_set(
    "please pls guys now and & then you can we team traders everyone all update live also so "
    "just , - : | let's lets better must should ya y e ahora now! i'd \u2713 \u2717 im am i'm "
    "> gold"
)
_PENDING = word_set("pending order orders limit limits")
_JOINS = word_set("and & then please pls now , - also")
_GAINS = word_set("+ usd $ pip pips points")
_SIDE_WORDS = frozenset({"buy", "buys", "long", "longs", "sell", "sells", "short", "shorts"})
_BETWEEN = word_set(
    "the your our my this that these those every each any open running of on in for at full "
    "fully out la las el los o a as os il le les den die das with & and"
)
_EVERY = frozenset({"all", "all-trades"})
_SHORT = 2
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4}
_ORDINALS |= dict(zip(map(fold_word, ("الأول", "الثاني", "الثالث")), (1, 2, 3), strict=True))
_BARE_BREAK_EVEN = word_set("be breakeven bep break even now set put go guys please all risk free")
_MOST_WORDS = 60


@dataclass(slots=True)
class _Found:
    kinds: list[UpdateKind] = field(default_factory=list)
    price: Decimal | None = None
    fraction: Decimal | None = None
    side: Side | None = None
    tp_index: int | None = None
    take_profits: dict[int, Decimal] = field(default_factory=dict)

    def add(self, kind: UpdateKind) -> None:
        if kind not in self.kinds:
            self.kinds.append(kind)


def find_update(tokens: list[Token], items: list[Item]) -> SignalUpdate | None:
    """Return what a message asks to be done with an earlier signal, None where nothing."""
    found = _Found()
    asks = any(token.text == "?" for token in tokens)
    names = {(item.start - 1, item.end) for item in items if item.tag is Tag.SYMBOL}
    for sentence in _sentences(tokens):
        words = [token.text for token in sentence]
        _read_targets(words, sentence, found)
        _read_stop(words, sentence, found)
        if not asks:
            _read_closing(words, sentence, found, names)
            _read_cancel(words, found)
    if not found.kinds:
        return None
    symbols = {str(item.value) for item in items if item.tag is Tag.SYMBOL}
    sides = {Side(str(item.value)) for item in items if item.tag is Tag.SIDE}
    return SignalUpdate(
        kinds=tuple(found.kinds),
        price=found.price,
        fraction=found.fraction,
        symbol=symbols.pop() if len(symbols) == 1 else None,
        side=found.side or (sides.pop() if len(sides) == 1 else None),
        tp_index=found.tp_index,
        take_profits=found.take_profits,
    )


def _sentences(tokens: list[Token]) -> list[list[Token]]:
    sentences: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "newline" or token.text in {".", "!", ";", "?"}:
            sentences.append([])
        else:
            sentences[-1].append(token)
    return [sentence[:_MOST_WORDS] for sentence in sentences if sentence]


# --- stop and targets ----------------------------------------------------------------------


def _read_stop(words: list[str], sentence: list[Token], found: _Found) -> None:
    later = {"when", "once", "after"}
    if _blocked(words, 0, len(words), _BLOCKERS - later):
        return
    if later.intersection(words) and _TARGETS.intersection(words):
        return  # advice for the moment a target is reached
    if _to_break_even(words):
        found.add(UpdateKind.SL_TO_BE)
        return
    stop = _first(words, _STOPS)
    if stop is None or (len(words) > stop + 1 and words[stop + 1] in _HITS):
        return
    price = _price_after(sentence, stop)
    moved = _MOVES.intersection(words) or words[stop + 1 : stop + 2] == ["to"]
    if price is not None and moved:
        found.add(UpdateKind.SET_SL)
        found.price = price


def _to_break_even(words: list[str]) -> bool:
    if _BARE_BREAK_EVEN.issuperset(words):
        even = {"breakeven", "bep", "even"}.intersection(words)
        return bool(even) or ("be" in words and bool({"now", "set"}.intersection(words)))
    for place, word in enumerate(words):
        ends = word in _BREAK_EVEN or (word == "break" and words[place + 1 : place + 2] == ["even"])
        if not ends or place == 0:
            continue
        before = words[max(0, place - 6) : place]
        if words[place - 1] not in _TO | _STOPS and word in {"be", "entry", "cost"}:
            continue
        if _STOPS.intersection(before) or _MOVES.intersection(before):
            return True
    return False


def _read_targets(words: list[str], sentence: list[Token], found: _Found) -> None:
    if _blocked(words, 0, len(words), _BLOCKERS):
        return
    for place, word in enumerate(words):
        if word not in _TARGETS:
            continue
        index = _index_after(sentence, place)
        after = place + (2 if index is not None else 1)
        if index is None:
            index = _ordinal_beside(words, place)
        if _is_hit(words, place, after) and (index is not None or word == "tp"):
            found.add(UpdateKind.TP_HIT)
            found.tp_index = index if index is not None else found.tp_index
        elif _MOVES.intersection(words):
            _read_new_target(sentence, after, index, found)


def _read_new_target(sentence: list[Token], after: int, index: int | None, found: _Found) -> None:
    price = _price_after(sentence, after - 1)
    if price is None:
        return
    found.add(UpdateKind.SET_TP)
    if index is None:
        found.price = found.price or price
    else:
        found.take_profits[index] = price


def _is_hit(words: list[str], place: int, after: int) -> bool:
    before = words[max(0, place - 2) : place]
    behind = words[after : after + 3]
    ticked = behind[:1] == ["\u2713"]
    said = _WORDS_OF_HIT.intersection(behind) or (_WORDS_OF_HIT - {"done"}).intersection(before)
    return ticked or bool(said)


def _index_after(sentence: list[Token], place: int) -> int | None:
    following = sentence[place + 1] if place + 1 < len(sentence) else None
    if following is None or not following.text.isdigit() or len(following.text) > 2:
        return None
    return int(following.text)


def _ordinal_beside(words: list[str], place: int) -> int | None:
    """Read "first target", "الهدف الأول", and "1st tp", which the lexer cuts to "1" and "st"."""
    before = words[max(0, place - 2) : place]
    if len(before) == 2 and "".join(before) in _ORDINALS:
        return _ORDINALS["".join(before)]
    return next(
        (_ORDINALS[w] for w in before[-1:] + words[place + 1 : place + 2] if w in _ORDINALS), None
    )


def _price_after(sentence: list[Token], place: int) -> Decimal | None:
    for position in range(place + 1, min(len(sentence), place + 8)):
        token = sentence[position]
        if token.kind != "num" or (token.text.isdigit() and len(token.text) < 3):
            continue
        unit = sentence[position + 1].text if position + 1 < len(sentence) else ""
        ways = readings(token.text)
        if unit in PIP_UNITS or unit == "%" or len(ways) != 1 or len(ways[0]) != 1:
            return None
        return ways[0][0]
    return None


# --- closing and cancelling ----------------------------------------------------------------


def _read_closing(
    words: list[str], sentence: list[Token], found: _Found, names: set[tuple[int, int]]
) -> None:
    if _blocked(words, 0, len(words), _BLOCKERS | {"or"}):
        return
    if _read_partial(words, sentence, found):
        return
    verb = _imperative(words, _CLOSES)
    if verb is None:
        return
    rest = words[verb + 1 :]
    if rest[:1] and rest[0] in {"to", "above", "below", "price", "at", "near", "by"}:
        return
    if not _is_direct(sentence[verb + 1 :], names):
        return
    if _PENDING.intersection(rest):
        found.add(UpdateKind.CANCEL)
    elif {"worst", "bad"}.intersection(rest):
        found.add(UpdateKind.CLOSE_WORST_ENTRY)
    elif side := _side_in(rest):
        found.add(UpdateKind.CLOSE_SIDE)
        found.side = side
    elif _means_all(words, verb) or (sentence[verb].end, sentence[-1].end) in names:
        found.add(UpdateKind.CLOSE_ALL)


def _means_all(words: list[str], verb: int) -> bool:
    return bool(_ALL.intersection(words[verb + 1 :]) or _EVERY.intersection(words[:verb]))


def _is_direct(rest: list[Token], names: set[tuple[int, int]]) -> bool:
    """Tell whether a verb's object stands right behind it: "close your eyes and buy" does not."""
    symbols = {start + 1 for start, _ in names}
    for token in rest:
        if token.text in _ALL | _SIDE_WORDS | _PENDING | {"worst", "bad"}:
            return True
        if token.text not in _BETWEEN and token.start not in symbols and token.kind == "word":
            return False
    return True


def _read_partial(words: list[str], sentence: list[Token], found: _Found) -> bool:
    acts = _TAKES.intersection(words) or _CLOSES.intersection(words)
    if not acts:
        return False
    share = _share(sentence)
    halves = _HALVES.intersection(words)
    partial = _PARTIAL.intersection(words)
    if not (partial or halves or share is not None) or _GAINS.intersection(words):
        return False
    found.add(UpdateKind.PARTIAL_CLOSE)
    found.fraction = share if share is not None else Decimal("0.5") if halves else None
    return True


def _share(sentence: list[Token]) -> Decimal | None:
    words = [token.text for token in sentence]
    if any(words[start : start + 3] == ["1", "/", "2"] for start in range(len(words) - 2)):
        return Decimal("0.5")
    for token, unit in pairwise(sentence):
        if unit.text == "%" and token.text.isdigit() and 0 < int(token.text) < 100:
            return Decimal(token.text) / 100
    return None


def _side_in(words: list[str]) -> Side | None:
    buys = {"buy", "buys", "long", "longs"}.intersection(words)
    sells = {"sell", "sells", "short", "shorts"}.intersection(words)
    if bool(buys) == bool(sells):
        return None
    return Side.BUY if buys else Side.SELL


def _read_cancel(words: list[str], found: _Found) -> None:
    verb = _first(words, _CANCELS)
    if verb is None or _blocked(words, 0, len(words), _BLOCKERS):
        return
    if (_STOPS | _TARGETS).intersection(words[verb + 1 :]) and "order" not in words:
        return  # "remove SL" loosens a stop: nothing to do by machine
    if len(words) <= _SHORT or _CANCELLED.intersection(words):
        found.add(UpdateKind.CANCEL)


def _imperative(words: list[str], verbs: frozenset[str]) -> int | None:
    """Find a verb that commands: it opens the sentence, or follows only words that may."""
    for place, word in enumerate(words):
        if word in verbs:
            before = words[:place]
            opens = all(opener in _OPENERS for opener in before)
            return place if opens or before[-1] in _JOINS else None
    return None


def _first(words: list[str], wanted: frozenset[str]) -> int | None:
    return next((place for place, word in enumerate(words) if word in wanted), None)


def _blocked(words: list[str], start: int, end: int, blockers: frozenset[str]) -> bool:
    return bool(blockers.intersection(words[start:end]))
