"""Words around a trade that tell what is said of it: won, doubted, told, or called."""

from trading.parser.normalise import word_set

RESULTS = word_set(
    "was were had did successful won wins winner winners bag perfect hit done running runing "
    "достигнут взят закрыт выполнен تحقق تحققت ضرب tercapai kena sudah still holding backtest "
    "backtesting demo journal congrats congratulations chiuso chiusa raggiunto colpito erreicht "
    "ausgestoppt atteint touche cloture dong khop взята взяли достигли تم تحقيق took went got "
    "gave caught made came saw ran lost paid kept held fell rose broke sold bought knew left "
    "became felt sent flew blew given taken gone seen shown beaten been began"
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
LATER = word_set("when once after if until till upon soon cuando quando если после se wenn")
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
DISTANCES = word_set("risk reward rr after every each within spread range")
"""Words whose pips measure a plan, not a result."""
NOT_PAST = word_set(
    "moderado moderada elevado adecuado adecuada reserved limited unlimited trusted based "
    "recommended suggested fixed calculated posted verified red need speed feed indeed proceed "
    "exceed advanced guaranteed isolated regulated related fed disciplined experienced "
    "leveraged calmed mercado mercados cuidado recomendado limitado vamos canal канал капитал "
    "материал gegen gehen geben gebt gerecht prices"
)
"""Words that end like the past tense and are not."""
COUNSEL = word_set(
    "responsabilidad responsabilidade verantwortung gestiona gestionen gerencie lotaje lotagem "
    "lote lotes gerenciamento modal sermaye kasa capitale депозит بادارة المخاطر لوت own "
    "responsibly manage management risk max maximum min minimum careful caution lot lots link "
    "financial responsibility disclaimer proper layer valid expiry leverage lev timeframe news "
    "gestion gestione gestao riesgo risco إدارة ادارة المال риск риски von vốn quan risiko "
    "yonetimi rischio risque expire until"
)
"""Words of advice and of rules below a call."""
COMMANDS = word_set(
    "usa use arriesgar arriesgue arrisque siga sigan respete respeta cuida cuidar manage jangan "
    "usando verwende nutzt utilisez respectez pakai التزم recuerden recuerda protect don't dont "
    "enter keep always never only small care follow join share support contact dm click own set "
    "trail tip note remember reminder usar usen cuiden respeten respeite соблюдайте jaga "
    "gunakan gerez"
)
"""Words that open a line of advice or of advertising."""
UNNOTED = word_set(
    "account balance capital equity chart profit pips pip day week trades win winrate members "
    "score no"
)
"""Asides that are no note on a call: they count what was won."""
TRAILING = word_set("trailing trail close")
"""Advice that says by itself that it is for later."""
SMALL_TALK = word_set(
    "dilerim exitos viel erfolg gluck buona fortuna всем профита удачи bol kazanclar iyi "
    "sanslar sans hayirli cuan semoga chuc may man للجميع التوفيق يا رب انشاء الله ان شاء dios "
    "bendiciones abundancia let's بالتوفيق موفقين semangat bons suerte sorte regards "
    "invalidates luck enjoy traders trading safe happy best gl cheers bismillah copyright "
    "reserved follow please pls lets go inshallah patience stay tuned disciplined discipline "
    "holiday today bonne chance rights"
)
"""What people write below a call without saying anything of it."""
DAY_PARTS = word_set("morning afternoon evening day dia dias tarde tardes noite noches")
WELL = word_set("buena buen good buenos buenas bom boa guten dear")
WISHES = DAY_PARTS | word_set(
    "exitos chance erfolg gluck fortuna удачи профита kazanclar sanslar بالتوفيق semoga regards "
    "wishes holiday suerte sorte luck night weekend trading rights"
)
GRAMMAR = word_set(
    "is the our my your we i this of to that it you us he they for in here was from with up at "
    "by about"
)
"""Small words: two of them and one unknown word make a line a sentence, not a name."""
QUIET = word_set(
    "plan idea trading \u0441f riskly leverage fresh todays today cf h m d x st nd rd th side "
    "here down high low daily posted lenh urgent aggressive safe conservative london asia asian "
    "ny breakout strong hot risky sure elite retest official room nfp"
)
"""Words that name a kind of call and do not make its line running text."""

PARTS = word_set(
    "strategy pattern trade trades signal signals alert alerts setup set vip premium free forex "
    "fx crypto scalp scalping intraday swing trader traders small order orders limit pair pairs "
    "asset instrument symbol market type direction action position details entry point points "
    "low recovery currency tipo par ativo activo direccion направление пара orden ordem "
    "operacion operacao operazione islem сделка sinal senal sinais senales signale segnale "
    "sinyal сигнал сигналы توصية صفقة اشارة إشارة lenh keo short long term mid midterm longterm "
    "shortterm"
)
"""Words for a call and its parts: labels, which say nothing of it."""
TITLES = (
    QUIET
    | PARTS
    | word_set(
        "york tokyo sydney frankfurt alerta equipo equipe pending new day fast quick quickly "
        "instant instantly call calls first second 1st 2nd only just ok go lets let's sniper "
        "medium family members guys team everyone all attention important ready prepare get "
        "regular group channel bullish bearish trendline pullback reversal continuation block "
        "supply demand pattern structure trend support resistance morning afternoon evening "
        "night dollar pound euro yen franc australian british zealand canadian swiss japanese "
        "us american futures spot exchange opening re reentry again nueva nuevo novo nova neues "
        "neuer neu nouveau nuovo nuova yeni baru moi новый новая جديدة جديد عاجل بسم الله "
        "الرحمن الرحيم عالمية tin hieu gratis gratuita gratuito kostenlos gmt utc am pm est"
    )
)
"""Words that name a call, its kind and its market: what a heading may say."""
GREETINGS = word_set(
    "hello hi hey dear hola ola buongiorno bonjour salam assalamu gm merhaba selam selamat "
    "привет доброе добрый всем السلام صباح مساء chao xin"
)
NAMES = word_set(
    "forex fx trading traders trader club academy capital signals vip group room channel "
    "scalper scalpers investment investments invest markets pips crypto premium team"
)
"""Nouns the name of a channel ends with: "Waves Scout Forex"."""
NAME_PARTS = ("forex", "fx", "pip", "trade", "trading", "gold", "scalp", "crypto")
"""What a name written as one word holds: "PipHunter"."""
FIRMS = word_set("forex fx crypto")
"""Words a name may begin with: "Forex Minister"."""
MONEY = word_set("account balance capital deposit lot lots")
"""Words behind which a number above a call tells what money it is meant for."""
NAMING = word_set("# signal signals trade setup free no number h m d vip id ( ref idea alert order")
"""What a number in a heading may follow: it numbers that, or is a time frame."""
RECORDS = word_set(
    "profit pips pip win winrate accuracy trades total week score rating swap probability"
)
"""Words behind which a number above a call tells how other trades went."""
IFS = word_set(
    "before if when once after unless provided assuming si cuando wenn falls sobald quando se "
    "caso если когда после jika kalau setelah اذا إذا عند lorsque quand eger"
)
VOIDING = word_set(
    "cancel ignore skip invalid invalidates invalidated avoid don't dont not exit delete move "
    "secure remove"
)
"""Words that make a condition one of leaving a trade, or none of the trade at all."""
PROMISES = word_set("sure guaranteed potential semoga всем")
"""Words that make a profit at the end of a line one to come."""
SHARES = word_set("probability accuracy winrate rating")
"""Records that describe a call where no number stands with them."""
SOURCES = word_set("client exchange exchanges broker admin analyst trader provider source")
"""Labels of who calls or where it trades."""
JOINERS = word_set("the of for and")
"""Small words a heading may have one of."""
BIDS = word_set("take place put try and im i'm we're we i am are let's for")
"""What may stand before the side on its line besides a heading: "place buy limit"."""
NEGATIONS = word_set("don't dont not never avoid no")
ENTERING = word_set("enter entering take open buy sell trade copy follow")
"""What a line that forbids it takes back a call with, but for "never trade without a stop"."""
TELLING = word_set("it we us this that they he up")
"""Small words of a tale: two of them make no command."""
OFFERS = word_set("contact join dm want wants question questions help message msg")
"""Words that make an "if" one of advertising: "if you want more, join us"."""
INVITES = OFFERS | word_set("follow share click support")
"""Words of a line of advertising."""
FOLKS = word_set(
    "tous semua всем للجميع all everyone everybody team guys family friends equipo amigos todos "
    "equipe pessoal"
)
"""Whom a wish is for: "good luck everyone"."""
CITIES = word_set("london york ny asia asian tokyo sydney frankfurt")
"""Places whose market opens: "London open"."""
KINDS = word_set(
    "swing scalp scalping intraday long short term mid midterm longterm shortterm small low "
    "limit recovery"
)
"""Words that name the kind of a call on a line of their own."""
ADVISING = word_set(
    "overtrade overleverage opere tu com con mit sie maximo minimo sesuai o a la el los las del "
    "do da le les gestao buena bien mas moderado pequeno ihre deine il vostro secondo вашим "
    "свой соблюдать sizin не более lupa forget usar votre seus на proper suitable based size "
    "sizes sizing lot lots account management money per max only over leverage rush entries "
    "entry enter slowly layer rules rule plan us vip channel link bio admin more signals "
    "support friends financial advice responsibly key success fixed calculated strictly pro "
    "wise wisely discipline first important recommended suggested limited loss losses lose "
    "afford big high medium low news today buen siempre su sus seu sua sempre lotaje pequena "
    "kecil bajo baja مهمة راس رأس المال صغير always trade trading free yourself each every time "
    "no an or while without if not by from percent % than half please total"
)
"""What else is said in a line of advice."""
DISCLAIMERS = word_set(
    "advice рекомендация рекомендацией conseil consiglio anlageberatung consejo tavsiyesi conselho"
)
"""Words of a line that disclaims: "not financial advice"."""
