"""Instruments by every name channels give them, and the prices they can have."""

from decimal import Decimal
from functools import lru_cache

from trading.parser.lexer import Token
from trading.parser.normalise import word_set
from trading.parser.numbers import Band

_MAJORS = word_set("usd eur gbp jpy chf aud nzd cad")
_CURRENCIES = _MAJORS | word_set(
    "sek nok dkk pln huf czk try zar mxn sgd hkd cnh cny thb ils rub inr krw brl"
)
_METALS = word_set("xau xag xpt xpd")
_COINS = word_set(
    "btc eth xrp ltc bch ada sol dot doge bnb avax link matic trx xlm atom shib uni etc eos "
    "xmr dash near ftm apt arb op sui pepe ton fil algo vet aave"
)
_PAIR_BASES = _CURRENCIES | _METALS | _COINS
_COMMON_WORD_COINS = word_set("link dot uni near op dash atom etc vet apt ton ada sol")
_COIN_QUOTES = word_set("usd usdt usdc busd")

# Names that are not tickers. Tickers with digits are kept as the channel writes them: which one
# a broker has is the broker map's to say.
_NAMES = {
    "gold": "XAUUSD",
    "xau": "XAUUSD",
    "oro": "XAUUSD",
    "ouro": "XAUUSD",
    "emas": "XAUUSD",
    "vang": "XAUUSD",
    "золото": "XAUUSD",
    "голд": "XAUUSD",
    "黄金": "XAUUSD",
    "ذهب": "XAUUSD",
    "الذهب": "XAUUSD",
    "altin": "XAUUSD",
    "xauusdt": "XAUUSDT",
    "silver": "XAGUSD",
    "xag": "XAGUSD",
    "plata": "XAGUSD",
    "cable": "GBPUSD",
    "gu": "GBPUSD",
    "uj": "USDJPY",
    "gj": "GBPJPY",
    "fiber": "EURUSD",
    "kiwi": "NZDUSD",
    "aussie": "AUDUSD",
    "loonie": "USDCAD",
    "swissy": "USDCHF",
    "dow": "US30",
    "dj": "US30",
    "djia": "US30",
    "dowjones": "US30",
    "nasdaq": "NAS100",
    "nas": "NAS100",
    "ustec": "USTEC",
    "dax": "GER40",
    "btc": "BTCUSD",
    "bitcoin": "BTCUSD",
    "eth": "ETHUSD",
    "ethereum": "ETHUSD",
    "usoil": "USOIL",
    "ukoil": "UKOIL",
    "wti": "USOIL",
    "brent": "UKOIL",
    "xtiusd": "XTIUSD",
    "xbrusd": "XBRUSD",
    "natgas": "NATGAS",
    "xngusd": "XNGUSD",
}
_PHRASES = {
    ("dow", "jones"): "US30",
    ("us", "oil"): "USOIL",
    ("uk", "oil"): "UKOIL",
    ("crude", "oil"): "USOIL",
    ("brent", "oil"): "UKOIL",
    ("wti", "oil"): "USOIL",
    ("natural", "gas"): "NATGAS",
}
# Index tickers: letters, the digits that belong to them, and the name handed on.
_INDICES = {
    **{(stem, "30"): "US30" for stem in ("us", "usa", "dj", "dow", "wallstreet", "ws")},
    **{(stem, "100"): "NAS100" for stem in ("nas", "usnas", "nasdaq", "nasdq", "ndx")},
    ("us", "100"): "US100",
    ("ustech", "100"): "USTECH100",
    ("us", "500"): "US500",
    ("spx", "500"): "SPX500",
    ("sp", "500"): "SPX500",
    ("us", "2000"): "US2000",
    **{
        (stem, digits): (stem + digits).upper() for stem in ("ger", "de") for digits in ("30", "40")
    },
    ("uk", "100"): "UK100",
    ("ftse", "100"): "UK100",
    ("jp", "225"): "JP225",
    ("jpn", "225"): "JPN225",
    ("fra", "40"): "FRA40",
    ("eu", "50"): "EU50",
    ("eustx", "50"): "EUSTX50",
    ("hk", "50"): "HK50",
    ("aus", "200"): "AUS200",
    ("v", "75"): "V75",
}
_STARTS = (
    _PAIR_BASES | _NAMES.keys() | {first for first, _ in _PHRASES} | {stem for stem, _ in _INDICES}
)
_SUFFIXES = word_set("m c i z r x pro ecn raw std micro mini cash")
_JOINERS = frozenset("/-.:_|")
_SUFFIX_MARKS = frozenset("+#.")


def match_symbol(tokens: list[Token], index: int) -> tuple[str, int] | None:
    """Return the symbol that starts at a token and how many tokens spell it."""
    token = tokens[index]
    if token.kind != "word" or (not _may_start(token.text) and _text_at(tokens, index + 1) != "/"):
        return None
    found = _match_index(tokens, index) or _match_pair(tokens, index) or _match_name(tokens, index)
    return _with_suffix(tokens, index, *found) if found else None


@lru_cache(maxsize=4096)
def _may_start(word: str) -> bool:
    """Tell whether a word can begin a symbol; before a slash every word can."""
    return word == "s" or word in _STARTS or _whole_pair(word) is not None


def _text_at(tokens: list[Token], index: int) -> str:
    return tokens[index].text if index < len(tokens) else ""


def _word_at(tokens: list[Token], index: int) -> str:
    return tokens[index].text if index < len(tokens) and tokens[index].kind == "word" else ""


def _match_index(tokens: list[Token], index: int) -> tuple[str, int] | None:
    if index + 1 >= len(tokens) or tokens[index + 1].kind != "num":
        return None
    digits = tokens[index + 1]
    stem = tokens[index].text
    found = _INDICES.get((stem, digits.text))
    # "us 30" and "nas 100" are written apart; "de 30" is Spanish.
    return (found, 2) if found and (not digits.spaced or (len(stem) > 1 and stem != "de")) else None


def _match_pair(tokens: list[Token], index: int) -> tuple[str, int] | None:
    base = tokens[index].text
    if (whole := _whole_pair(base)) is not None:
        return whole, 1
    if base not in _PAIR_BASES:
        return _unknown_coin(tokens, index)
    after = index + 1
    if after < len(tokens) and tokens[after].text in _JOINERS:
        after += 1
    elif base == "try" or base in _COMMON_WORD_COINS:
        return None
    quote = _word_at(tokens, after)
    if base != quote and _can_quote(base, quote):
        return (base + quote).upper(), after + 1 - index
    return None


def _unknown_coin(tokens: list[Token], index: int) -> tuple[str, int] | None:
    """Take any short name before "/USDT" as a coin: there are too many to list."""
    base = tokens[index].text
    if (
        _text_at(tokens, index + 1) == "/"
        and _word_at(tokens, index + 2) == "usdt"
        and 2 <= len(base) <= 6
    ):
        return f"{base}usdt".upper(), 3
    return None


def _can_quote(base: str, quote: str) -> bool:
    if base in _COINS:
        return quote in _COIN_QUOTES
    return quote in (_CURRENCIES if base in _METALS or base in _MAJORS else _MAJORS)


@lru_cache(maxsize=4096)
def _whole_pair(word: str) -> str | None:
    for suffix in ("", *_SUFFIXES):
        if suffix and not word.endswith(suffix):
            continue
        pair = word[: len(word) - len(suffix)]
        if len(pair) == 6 and _is_pair(pair):
            return pair.upper()
    for quote in _COIN_QUOTES:
        base = word[: -len(quote)]
        if word.endswith(quote) and (base in _COINS or (quote == "usdt" and 2 <= len(base) <= 6)):
            return word.upper()
    return None


def _is_pair(word: str) -> bool:
    base, quote = word[:3], word[3:]
    return quote in _CURRENCIES and base != quote and base in _CURRENCIES | _METALS | _COINS


def _match_name(tokens: list[Token], index: int) -> tuple[str, int] | None:
    word = tokens[index].text
    after = index + 1
    if after < len(tokens) and tokens[after].text in _JOINERS:
        after += 1
    pair = _PHRASES.get((word, _word_at(tokens, after)))
    if pair is not None:
        return pair, after + 1 - index
    if word == "s" and [t.text for t in tokens[index + 1 : index + 3]] == ["&", "p"]:
        digits = index + 3 < len(tokens) and tokens[index + 3].text == "500"
        return "SPX500", 4 if digits else 3
    name = _NAMES.get(word)
    return (name, 1) if name else None


def _with_suffix(tokens: list[Token], index: int, name: str, length: int) -> tuple[str, int]:
    """Take a broker's suffix ("+", ".raw", "#") along, so that it is not read as a sign."""
    after = index + length
    if after >= len(tokens) or tokens[after].spaced or tokens[after].text not in _SUFFIX_MARKS:
        return name, length
    following = tokens[after + 1] if after + 1 < len(tokens) else None
    if following is None or following.spaced or following.kind == "newline":
        return name, length + 1
    if following.text in _SUFFIXES:
        return name, length + 2
    return name, length


_BANDS: dict[str, tuple[str, str]] = {
    "XAUUSD": ("900", "20000"),
    "XAGUSD": ("5", "500"),
    "US30": ("5000", "150000"),
    "NAS100": ("2000", "100000"),
    "US100": ("2000", "100000"),
    "USTEC": ("2000", "100000"),
    "SPX500": ("1000", "30000"),
    "US500": ("1000", "30000"),
    "GER30": ("3000", "80000"),
    "GER40": ("3000", "80000"),
    "DE30": ("3000", "80000"),
    "DE40": ("3000", "80000"),
    "UK100": ("2000", "30000"),
    "USOIL": ("5", "250"),
    "UKOIL": ("5", "250"),
    "XTIUSD": ("5", "250"),
    "XBRUSD": ("5", "250"),
    "BTCUSD": ("1000", "1000000"),
    "BTCUSDT": ("1000", "1000000"),
    "ETHUSD": ("50", "50000"),
    "ETHUSDT": ("50", "50000"),
}
_ANY = (Decimal("0.00000001"), Decimal(10_000_000))


@lru_cache(maxsize=1024)
def price_band(symbol: str) -> Band:
    """Return a wide band outside of which a number cannot be a price of the symbol."""
    if symbol in _BANDS:
        low, high = _BANDS[symbol]
        return Decimal(low), Decimal(high)
    base, quote = symbol[:3].lower(), symbol[3:].lower()
    if base in _MAJORS and quote == "jpy":
        return Decimal(40), Decimal(400)
    if base in _MAJORS and quote in _MAJORS:
        return Decimal("0.3"), Decimal("3.5")
    if base in _MAJORS and quote in _CURRENCIES:
        return Decimal("0.5"), Decimal(30_000)
    return _ANY


def is_coin(symbol: str) -> bool:
    """Tell whether a symbol is a coin against a currency: its prices move by tenths."""
    name = symbol.lower()
    return any(name.endswith(quote) and len(name) > 6 for quote in ("usdt", "usdc", "busd")) or (
        name[:-3] in _COINS
    )


def pip_size(symbol: str) -> Decimal | None:
    """Return the pip of a currency pair; None where channels do not agree on one."""
    base, quote = symbol[:3].lower(), symbol[3:].lower()
    if base not in _CURRENCIES or quote not in _CURRENCIES:
        return None
    return Decimal("0.01") if quote == "jpy" else Decimal("0.0001")
