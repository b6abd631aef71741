"""Words around a trade that tell what is said of it: won, doubted, told, or called."""

from trading.parser.normalise import word_set
from trading.parser.remark_words import DAY_PARTS, FOLKS, WELL

RESULTS = word_set(
    "was were had did successful won wins winner winners bag perfect hit done running "
    "runing достигнут взят закрыт выполнен تحقق تحققت ضرب tercapai kena sudah still holding "
    "backtest backtesting demo journal congrats congratulations chiuso chiusa raggiunto "
    "colpito erreicht ausgestoppt atteint touche cloture dong khop взята взяли достигли تم "
    "تحقيق took went got gave caught made came saw ran lost paid kept held fell rose broke "
    "sold bought knew left became felt sent flew blew given taken gone seen shown beaten "
    "been began"
)
"""Words that tell what happened and do not show it by their ending."""
OUTCOMES = frozenset(
    (
        ("in", "profit"),
        ("in", "profits"),
        ("in", "loss"),
        ("(", "loss"),
        ("(", "profit"),
        ("pips", "profit"),
        ("pips", "profits"),
        ("pips", "gained"),
        ("pips", "up"),
        ("pips", "down"),
        ("pips", "left"),
        ("pips", "away"),
        ("%", "profit"),
        ("%", "loss"),
        ("%", "gain"),
        ("risk", "free"),
        ("be", "now"),
        ("open", "trades"),
        ("open", "positions"),
        ("active", "trades"),
        ("profit", "book"),
        ("book", "profit"),
    )
)
"""Pairs of words that tell how a trade stands, not where it should go."""
DOUBTS = word_set("prepare ready plan dont don't never no not until if will our my active")
"""Words of a heading or a note that make no call of what they stand before."""
PAST_DAYS = word_set("yesterday last previous old past earlier before after best worst lost bad")
"""Words that are in no channel's name."""
WITHDRAWN = word_set("longer anymore loss score")
"""Words that take a call back, in whatever line they stand: "no longer valid"."""
NEWS = word_set(
    "update updated edit edited correction corrected revised reminder recap results result "
    "cancel cancelled canceled cancelar cancela ignore ignored void"
)
TAG_PARTS = (
    "trad",
    "forex",
    "fx",
    "gold",
    "signal",
    "pip",
    "follow",
    "capital",
    "crypto",
    "scalp",
    "join",
)
"""What the hashtag of a channel holds; any other may say what the message is."""
TOLD_PARTS = (
    *(
        "paper",
        "old",
        "not",
        "demo",
        "test",
        "miss",
        "clos",
        "win",
        "won",
        "lost",
        "loss",
        "exampl",
    ),
    *(
        "lesson",
        "educ",
        "recap",
        "result",
        "histor",
        "past",
        "yester",
        "sim",
        "fake",
        "done",
        "late",
    ),
    *("review", "learn", "proof", "hit", "stop", "wait", "journal", "profit"),
)
"""What the hashtag of a told trade holds: "#papertrade"."""
LESSONS = word_set(
    "education educational example lesson lessons paper demo simulation sim journal learn "
    "learning study course academy backtest test training"
)
"""Hashtags that say a call is shown, not made."""
DISTANCES = word_set("risk reward rr after every each within spread range")
"""Words whose pips measure a plan, not a result."""
NOT_PAST = word_set(
    "moderado moderada elevado adecuado adecuada reserved limited unlimited trusted based "
    "recommended suggested fixed calculated posted verified red need speed feed indeed "
    "proceed exceed advanced guaranteed isolated regulated related fed disciplined "
    "experienced leveraged calmed mercado mercados cuidado recomendado limitado vamos canal "
    "канал капитал материал gegen gehen geben gebt gerecht prices"
)
"""Words that end like the past tense and are not."""
GRAMMAR = word_set(
    "is the our my your we i this of to that it you us he they for in here was from with up "
    "at by about"
)
"""Small words: two of them and one unknown word make a line a sentence, not a name."""
CALLS = word_set(
    "trade signal signals alert alerts alerta call idea setup vip premium free forex fx "
    "crypto scalp scalping intraday swing trader traders order limit entry instant "
    "attention urgent sniper breakout retest trendline pullback reversal continuation trend "
    "bullish bearish ready lenh keo operacion operacao operazione islem сделка sinal senal "
    "sinais senales signale segnale sinyal сигнал сигналы توصية صفقة اشارة إشارة hieu pair "
    "symbol asset instrument currency par пара riskly risky عاجل عالمية بسم members "
    "leverage"
)
"""Words that name a call or what it is of: a heading has one of them, or names a channel."""
TITLES = (
    CALLS
    | {"\u0441f"}
    | word_set(
        "cf h m d x st nd rd th new fresh day today todays daily london asia asian ny york "
        "tokyo sydney frankfurt us elite official nfp pending fast quick quickly instantly "
        "first second 1st 2nd only go lets let's family guys team all important prepare get "
        "regular group channel short long term mid midterm longterm shortterm small set type "
        "market direction action details tipo ativo activo direccion направление orden ordem "
        "recovery aggressive conservative pattern equipo equipe dollar pound euro yen franc "
        "australian british zealand canadian swiss japanese american futures spot exchange "
        "opening re reentry again nueva nuevo novo nova neues neuer neu nouveau nuovo nuova "
        "yeni baru moi новый новая جديدة جديد الله الرحمن الرحيم tin gratis gratuit gratuita "
        "gratuito kostenlos gmt utc am pm est high low medium trading plan"
    )
)
"""What else such a heading may say: which call, of what kind, for whom."""
ADJECTIVES = {
    "high": "risk probability reward",
    "low": "risk",
    "medium": "risk",
    "pending": "order limit",
    "only": "vip premium members",
    "set": "type",
    "small": "lot account size",
    "all": "members attention signals traders",
    "day": "signal trade call idea free traders",
    "plan": "setup",
    "again": "buy sell long short",
    "now": "trade signal buy sell long short ready",
}
"""Words that say something else without one of these on their line: "pending", "idea only"."""
BRANDS = word_set(
    "eagle eagles lion lions wolf wolves bull bulls bear bears shark sharks whale whales "
    "falcon falcons tiger tigers king kings queen emperor empire royal titan titans master "
    "masters hunter hunters sniper snipers ninja ninjas samurai pro pros expert experts "
    "guru legend legends elite golden diamond platinum alpha omega minister center centre "
    "street desk house hub nation world global academy club capital investment investments "
    "invest markets scalper scalpers pips pipsmaster leaders waves scout tycoon hour pulse "
    "atlas coach point zone"
)
"""What channels are named with."""
BRANDING = word_set(
    "vip premium free forex fx crypto signal signals trade trader traders trading official "
    "daily scalp scalping"
)
"""What stands with them below a call: "forex signals"."""
FIRMS = word_set("forex fx academy club capital investment investments scalpers")
"""Nouns that make unknown words before them the name of a channel: "Waves Scout Forex"."""
FIRM_PARTS = ("forex", "fx", "pip", "gold", "scalp")
"""What a name written as one word holds: "PipHunter"."""
MEASURES = word_set(
    "risk rr r reward ratio lot lots lotsize volume leverage cross isolated confidence "
    "accuracy time date timeframe tf copyright signal id no number order trade position "
    "size quantity riesgo risco lote lotes риск лот плечо apalancamiento alavancagem hold "
    "duration stake المخاطرة اللوت valid expiry expires ema rsi ma sma fib fibonacci "
    "resistance support money"
)
"""Asides a heading may have."""
GREETINGS = word_set(
    "hello hi hey dear hola ola buongiorno bonjour salam assalamu gm merhaba selam selamat "
    "привет доброе добрый всем السلام صباح مساء الخير النور chao xin hallo moin ciao salve "
    "buonasera bonsoir"
)
MONEY = word_set("account balance capital deposit lot lots")
"""Words behind which a number above a call tells what money it is meant for."""
NAMING = word_set("# signal signals trade setup free no number h m d vip id ( ref idea alert order")
"""What a number in a heading may follow: it numbers that, or is a time frame."""
RECORDS = word_set(
    "profit pips pip win winrate accuracy trades total week score rating swap probability"
)
"""Words behind which a number above a call tells how other trades went."""
BESIDE_LEVEL = word_set("and set st nd rd th safety initial final main is are the to i y et und e")
"""What may stand beside a stop or target besides its label and price."""
SHARES = word_set("probability accuracy winrate rating")
"""Records that describe a call where no number stands with them."""
SOURCES = word_set("client exchange exchanges broker provider source")
"""Labels of where a call trades."""
EXCHANGES = word_set(
    "binance bybit okx okex kucoin bitget mexc huobi htx gate kraken coinbase bitmex bingx "
    "futures spot perpetual perp usdt oanda icmarkets exness xm fxcm pepperstone vantage"
)
"""Where that is."""
CALLERS = word_set("admin analyst trader")
"""Labels of who calls; a name follows."""
ROOMS = word_set(
    "trades signals alerts calls vip premium free forex fx crypto scalp scalps scalping "
    "swing swings gold trading room channel ideas setups intraday indices"
)
"""What a room is named that a bridge relays from."""
JOINERS = word_set("the of for and")
"""Small words a heading may have one of."""
BIDS = word_set("position side take place put try and im i'm we're we i am are let's for")
"""What may stand before the side on its line besides a heading: "place buy limit"."""
NEGATIONS = word_set("don't dont not never avoid no")
ENTERING = word_set("enter entering take open buy sell trade trading copy follow use")
"""What a line that forbids it takes back a call with, but for "never trade without a stop"."""
CITIES = word_set("london new york us ny asia asian tokyo sydney frankfurt")
"""Places whose market opens: "London open"."""
BESIDE_SIDE = (
    (TITLES - {"pending", "plan", "ready", "prepare"})
    | GREETINGS
    | BIDS
    | WELL
    | DAY_PARTS
    | FOLKS
    | word_set("position side here is to with while or and i am we are и y et und e on the of")
)
"""What may stand beside the side besides the symbol and its prices."""
