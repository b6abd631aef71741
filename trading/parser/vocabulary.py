"""The words of signal channels, in the languages they are written in, and what each one is."""

from enum import Enum, auto

from trading.model import OrderType, Side
from trading.parser.normalise import fold_word, word_set


class Tag(Enum):
    """What a piece of a message is to the grammar."""

    __hash__ = object.__hash__  # members are one of a kind; their own hash is slow and called often

    NUMBER = auto()
    SIDE = auto()
    SYMBOL = auto()
    TYPE = auto()
    MARKET = auto()
    STOP = auto()
    """A stop loss label."""
    TARGET = auto()
    """A take profit label."""
    ENTRY = auto()
    SOFT_ENTRY = auto()
    """Opens the entry only where nothing else waits for a number: "at", "zone", "price"."""
    CONDITION = auto()
    """Above, below: the price is a level to wait for."""
    NOT_SET = auto()
    """Stands for a price that is left open on purpose."""
    NO_STOP = auto()
    NO_TARGET = auto()
    ASIDE = auto()
    """Opens something whose numbers are no prices of the trade (risk, lots, ratio …)."""
    ADVICE = auto()
    """Opens advice on a later moment of the trade (move the stop …)."""
    FILLER = auto()
    """Means nothing to the trade, wherever it stands."""
    SEPARATOR = auto()
    NEWLINE = auto()
    SKIP = auto()
    """Punctuation, dates, links."""
    WORD = auto()


_WORDS: dict[tuple[Tag, object], str] = {
    (Tag.SIDE, Side.BUY): (
        "buy, buying, long, longs, buys, compra, comprar, compre, comprando, compro, mua, "
        "achat, acheter, achete, kaufen, kauf, acquista, acquistare, acquisto, alis, alim, "
        "beli, kup, kupno, koop, купить, покупка, покупаем, покупать, покупаю, бай, лонг, "
        "شراء, اشتري, شرا, اشترى, خرید, खरीदें, 买入, 做多, 買い"
    ),
    (Tag.SIDE, Side.SELL): (
        "sell, selling, short, shorts, sells, vende, vender, venda, vendo, venta, ban, vente, "
        "vendre, verkaufen, verkauf, vendere, vendita, satis, satim, jual, sprzedaj, "
        "verkoop, продать, продажа, продаем, продавать, продаю, селл, сел, шорт, بيع, بع, "
        "فروش, बेचें, 卖出, 做空, 売り"
    ),
    (Tag.TYPE, OrderType.LIMIT): "limit, limits, lmt, limite, лимит",
    (Tag.MARKET, None): (
        "now, market, market price, market execution, current price, current market price, "
        "cmp, instant, instant execution, immediately, asap, market order, mercado, ahora, "
        "agora, сейчас, по рынку, الان, sekarang, simdi, adesso, maintenant, jetzt, ngay, "
        "a mercado, al mercado, bay gio, current market, mkt, mp, ora, 现价, 市价"
    ),
    (Tag.STOP, None): (
        "sl, stop loss, stoploss, stop lose, stop lost, stop los, stoplose, stoplost, stops, "
        "stop, stop price, stop target, stop targets, stop level, invalidation, invalidations, "
        "invalidation level, invalid below, invalid above, сл, стоп, стоп лосс, стоплосс, "
        "وقف الخسارة, وقف خسارة, الوقف, وقف, ستوب, الستوب, ستوب لوس, ايقاف الخسارة, ايقاف, استوب, "
        "حد ضرر, cat lo, zarar kes, zarar durdur, perdita, stop perdita, parada, "
        "stop de perdida, stop de perdas, arret, stopp, stop loss price, stop loss level, "
        "initial stop, protective stop, sl price, sl level, 止损, 损切り, 損切り"
    ),
    (Tag.TARGET, None): (
        "tp, tps, tg, tgs, t, target, targets, tgt, tgts, take profit, take profits, "
        "takeprofit, takeprofits, takeprofit targets, take profit targets, take profit target, "
        "profit target, profit targets, tp target, tp targets, take profit level, "
        "take profit levels, objetivo, objetivos, alvo, alvos, objectif, objectifs, "
        "cible, cibles, ziel, ziele, "
        "obiettivo, obiettivi, muc tieu, chot loi, hedef, hedefler, kar al, тп, тейк, "
        "тейк профит, тейкпрофит, тейки, цель, цели, الهدف, هدف, اهداف, الاهداف, جني الارباح, "
        "تيك بروفت, الهدف الاول, الهدف الثاني, الهدف الثالث, هدف اول, هدف ثاني, هدف ثالث, "
        "target profit, first target, second target, third target, final target, last target, "
        "toma de ganancias, tomar ganancias, target price, price target, tp price, حد سود, "
        "止盈, 目标, 利確"
    ),
    (Tag.ENTRY, None): (
        "entry, entries, enter, ep, get in, get in at, entry price, entry point, entry points, "
        "entry zone, entry area, entry level, entry range, entry target, entry targets, "
        "at price, open price, limit price, price we entered at, entry at, enter at, "
        "entry around, entrada, entradas, precio de entrada, preco de entrada, "
        "punto de entrada, einstieg, entree, ingresso, prezzo di ingresso, вход, точка входа, "
        "цена входа, вход в рынок, giris, giris fiyati, دخول, الدخول, نقطة الدخول, "
        "منطقة الدخول, سعر الدخول, ورود, vao lenh, diem vao, harga masuk, entri, masuk, "
        "order price, open at, einstiegspreis, ingreso, 进场, 入场"
    ),
    (Tag.SOFT_ENTRY, None): (
        "at, @, price, zone, area, from, between, range, around, near, zona, precio, preco, "
        "prix, preis, цена, от, سعر, بسعر, من, harga, entre, di, de, a, em, en, bei, zwischen, da, "
        "gia, "
        "vung, quanh, منطقة, level, levels, по"
    ),
    (Tag.CONDITION, None): "above, below, over, under, break above, break below",
    (Tag.NOT_SET, None): (
        "open, hold, runner, runners, tba, tbd, later, swing, swings, none, moon, "
        "open target, opened, leave open, pending update, own risk, manual, manually, "
        "infinity, no limit, على راحتك, مفتوح, abierto, aberto, открыт"
    ),
    (Tag.NO_STOP, None): "no sl, no stop loss, no stoploss, without sl, no stop, without stop loss",
    (Tag.NO_TARGET, None): "no tp, no take profit, without tp",
    (Tag.ASIDE, None): (
        "risk, close above, close below, close under, close over, closes above, closes below, "
        "rr, r r, risk reward, risk to reward, risk to reward ratio, reward, ratio, lot, lots, "
        "lot size, lotsize, volume, leverage, cross, isolated, account, balance, capital, deposit, "
        "signal no, signal number, signal id, id, no, number, members, support, resistance, "
        "trades, total trades, pips, pip, profit, rating, confidence, accuracy, win rate, time, "
        "date, timeframe, tf, chart, valid, expiry, expires, copyright, risk level, riesgo, risco, "
        "lote, lotes, риск, лот, плечо, apalancamiento, alavancagem, margin, size, "
        "position size, quantity, equity, spread, swap, s1, s2, r1, r2, session, probability, "
        "score, winrate, ema, rsi, ma, sma, fib, fibonacci, week, day, stake, المخاطرة, اللوت, "
        "money management, hold time, duration, trade no, trade number, order no"
    ),
    (Tag.ADVICE, None): (
        "move sl, move stop, move stop loss, move your sl, move your stop loss, move stoploss, "
        "set sl to, sl to be, sl to entry, sl to breakeven, sl to break even, sl at be, "
        "sl at entry, sl at breakeven, stop loss to be, stop loss to entry, "
        "stop loss to breakeven, shift sl, trail sl, trail stop, trailing stop, trail your sl, "
        "trailing, trailing sl, breakeven, break even, put sl, bring sl, adjust sl, secure, "
        "after tp, when tp, once tp, if tp, until tp, at tp, wait for, close half, "
        "close partial, take partial, take partials, partial, partials, close at, move to be, "
        "sl be, sl entry, mover sl, mover stop, when price, once price, after hitting, "
        "sl to cost"
    ),
    (Tag.FILLER, None): (
        "again, is, the, set, order, orders, trade, signal, alert, new, on, in, instantly, "
        "guys, team, fast, type, direction, details, action, position, scalp, scalping, "
        "entry now, xau usd, symbol, pair, asset, instrument, market type, and, or, pending, "
        "with, small, small lot, low lot, low lot size, leave, left, keep, as, will be, be, "
        "should be, will, regular, for, our, your, my, this, point, points, go, going, take, "
        "place, put, more, first, second, 1st, 2nd, re entry, reentry, activate, active, "
        "instant, opening, vip signal, free signal, free, vip, premium, forex, signals, y, e, "
        "et, und, va, и, i, el, la, le, o, do, im, i'm, we, we're, am, are, setup, "
        "swing trade, intraday, day trade, short term, long term, mid term, midterm, longterm, "
        "shortterm, swing, tipo, par, ativo, activo, senal, sinal, orden, ordem, сигнал, пара, "
        "направление, عاجل, توصية, على, زوج, sinyal, segnale, signale, only, just, quick, ok, "
        "price now, to, till, until, الى, bis, hasta, ate, до, sampai, den, ila, tot, then, "
        "con, com, mit, strictly, strict, try, lets, let's, recovery, layer, layers, slowly, "
        "proper, while"
    ),
}

_COMPOUNDS: dict[str, tuple[tuple[Tag, object], ...]] = {}
for _names, _side in (("buy", Side.BUY), ("sell", Side.SELL)):
    _COMPOUNDS[f"{_names}limit"] = ((Tag.SIDE, _side), (Tag.TYPE, OrderType.LIMIT))
    _COMPOUNDS[f"{_names}stop"] = ((Tag.SIDE, _side), (Tag.TYPE, OrderType.STOP))
    _COMPOUNDS[f"{_names}now"] = ((Tag.SIDE, _side), (Tag.MARKET, None))

Meaning = tuple[tuple[Tag, object], ...]


def _phrases() -> dict[str, list[tuple[tuple[str, ...], Meaning]]]:
    """Index the phrases by first word, longest first; the first list a phrase is in wins."""
    seen: dict[tuple[str, ...], Meaning] = {}
    for meaning, listing in _WORDS.items():
        for phrase in listing.split(","):
            words = tuple(fold_word(phrase).split())
            seen.setdefault(words, (meaning,))
    for word, meanings in _COMPOUNDS.items():
        seen[(word,)] = meanings
    index: dict[str, list[tuple[tuple[str, ...], Meaning]]] = {}
    for words, meanings in seen.items():
        index.setdefault(words[0], []).append((words, meanings))
    for entries in index.values():
        entries.sort(key=lambda entry: len(entry[0]), reverse=True)
    return index


PHRASES = _phrases()

NOT_A_SIDE_BEFORE = word_set("term run time way ago wait as story lived side sellers")
"""After "long" or "short" (or "buy side"), these make it something else than a direction."""

FOREIGN_RANGE_WORDS = word_set("الى bis hasta ate до sampai den ila tot")
RANGE_WORDS = FOREIGN_RANGE_WORDS | word_set("to till until a and & y e")
"""Words between the two ends of a zone."""

BIAS = {"bullish": Side.BUY, "bearish": Side.SELL}
"""A direction only behind the word "direction"; elsewhere it is an opinion."""

PIP_UNITS = word_set("pip pips пипс пипсов пунктов نقطة نقاط pipes")
OTHER_UNITS = word_set(
    "% x lot lots k h hr hrs hour hours min mins minute minutes m d day days w week weeks st "
    "nd rd th members trades signals people points pts point pt r percent year years usd$ am "
    "pm gmt utc times month months"
)
ORDINALS = word_set("st nd rd th")
