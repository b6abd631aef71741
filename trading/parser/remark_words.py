"""Words of what is said below a call: for each kind of remark what tells it, and all it may say."""

from trading.parser.normalise import word_set

DAY_PARTS = word_set(
    "morning afternoon evening day dia dias tarde tardes noite noches pagi siang sore malam "
    "утро утра день вечер gunaydin aksamlar"
)
WELL = word_set("buena buen good buenos buenas bom boa guten dear")
FOLKS = word_set(
    "tous semua всем للجميع all everyone everybody team guys family friends equipo amigos "
    "todos equipe pessoal traders trader fam gang عليكم"
)
"""Whom a wish is for: "good luck everyone"."""

WISHES = word_set(
    "dilerim exitos erfolg gluck fortuna удачи профита kazanclar sanslar sans cuan semoga "
    "chuc التوفيق يا انشاء الله dios bendiciones abundancia بالتوفيق موفقين semangat suerte "
    "sorte regards luck enjoy safe happy gl cheers bismillah stay discipline disciplined "
    "bonne chance god bless let's lets go wishes responsibly bons"
)
WISHED = (
    WISHES
    | WELL
    | FOLKS
    | DAY_PARTS
    | word_set(
        "viel buona bol iyi hayirli may man رب ان شاء bons best a to with trading trade trades "
        "please pls today tuned blessed barakah shukran setup this set inshallah patience and"
    )
)

SIZES = word_set(
    "risk rr reward ratio lot lots lotsize volume leverage lev cross isolated confidence "
    "accuracy probability margin size quantity stake max maximum maximo riesgo risco risiko "
    "rischio risque риск риски плечо лот lote lotes lotaje lotagem apalancamiento "
    "alavancagem المخاطرة اللوت لوت"
)
"""Labels of a note on risk and size."""
SIZED = SIZES | word_set(
    "pip pips r x usd eur gbp dollar dollars euro euros doller cent low medium high small "
    "normal big moderate conservative aggressive sizing each per trade trades position "
    "positions minimum min only or to for and @ at of your the very extreme extremely usual "
    "half double full standard micro mini not by with strict strictly scalp management "
    "money account balance capital equity deposit $ % bajo baja medio media alto alta "
    "faible moyen eleve niedrig mittel hoch basso dusuk orta yuksek rendah sedang tinggi "
    "низкий средний высокий منخفض متوسط عالي عالية منخفضة صغير por operacion operacao "
    "operation pro auf des du la le del de conta cuenta compte konto kapitals capitale "
    "kapital kecil sesuai modal depo депозита на сделку не более الحساب راس المال من على "
    "لكل صفقة first more than swing intraday long short term today daily"
)
"""What else it says: "risk: medium", "lot 0.01 for each 500 usd"."""
TIMES = word_set("timeframe tf time valid expiry expires date hold current cmp")
"""Labels of a note on time, or on the price at that time."""
TIMED = TIMES | word_set(
    "hour hours hrs hr h m d w day days week weeks minute minutes min mins candle candles "
    "end of frame monday tuesday wednesday thursday friday tonight today session ny london "
    "new york daily weekly monthly till until for only the signal gmt utc am pm swing "
    "intraday scalp long short mid term longterm midterm shortterm or to and market year "
    "years"
)
"""What else it says: "valid till Friday", "timeframe: H1"."""
EXPIRES = word_set("expires expiry valid")
EXPIRED = TIMED | {"in"}
"""When an order ends: "expires in 24 h"."""
NEARS = word_set("support resistance spread")
NEARED = NEARS | word_set(
    "around near level levels zone area at key strong weak major minor and main daily "
    "weekly pip pips"
)
"""The levels around: "support around 4700"."""
NUMBERED = word_set("id signal number order copyright rights no trade")
NUMBERINGS = NUMBERED | word_set("all reserved by #")
"""The number of a call, and whose it is: "signal id 12", "all rights reserved"."""

COUNSEL = word_set(
    "responsabilidad responsabilidade verantwortung gestiona gestionen gerencie "
    "gerenciamento modal sermaye kasa capitale депозит بادارة المخاطر إدارة ادارة المال "
    "responsibly manage management risk max maximum minimum careful caution lot lots "
    "capital financial responsibility proper leverage gestion gestione gestao riesgo risco "
    "риск риски von quan risiko yonetimi rischio risque lote lotes lotaje size money "
    "overtrade overleverage manejo manajemen maximo care small low prudence carefully"
)
"""Words of advice and of rules below a call."""
COMMANDS = word_set(
    "usa use arriesgar arriesgue arrisque siga sigan respete respeta cuida cuidar manage "
    "jangan usando verwende nutzt utilisez respectez pakai التزم الالتزام recuerden "
    "recuerda protect follow usar usen cuiden respeten respetar respeite соблюдайте "
    "соблюдаем jaga gunakan gerez kelola opere rispettate gestite"
)
"""Verbs that open a line of advice."""
_JOINTS = word_set(
    "is the our my your i of to that in for with on at and or no an while without if not by "
    "% than half please pls per max only a la el los las del do da le les de con com mit o"
)
ADVISED = (
    COUNSEL
    | COMMANDS
    | _JOINTS
    | word_set(
        "tu sie maximo minimo sesuai buena bien mas moderado pequeno ihre deine il vostro "
        "secondo вашим свой соблюдать sizin не более lupa forget votre seus на suitable based "
        "sizes sizing account over rules rule plan properly key success fixed calculated "
        "strictly strict pro wise wisely discipline first important recommended suggested big "
        "high medium low small news today buen siempre su sus seu sua sempre pequena kecil bajo "
        "baja مهمة راس رأس صغير always never trade trading yourself each every time orders more "
        "you can ya set this nfp cpi fomc yah tetap ly tot bao ve luon positionen einhalten "
        "beachten toujours prudent prudence adapter attention attenzione usate lotto dikkat "
        "edin lutfen uygun kullanin правильный правильно according рисками rispetta gestisci "
        "respecter gerer объем мани менеджмент помните про дисциплину يرجى دائما بحذر حسابك "
        "مناسب long good tip note sl stop stoploss stops tp targets target balance equity guys "
        "team family traders all everyone ditanggung sendiri margin lotsize from $ usd care be "
        "do don't dont keep remember own carefully must du des min"
    )
)
"""What else is said in a line of advice."""

DISCLAIMERS = word_set(
    "advice рекомендация рекомендацией conseil consiglio anlageberatung consejo tavsiyesi "
    "conselho recomendacion recomendacao saran ajakan نصيحة disclaimer dyor"
)
"""Words of a line that disclaims: "not financial advice", "trade at your own risk"."""
DISCLAIMED = DISCLAIMERS | word_set(
    "this that is it's its are not no financial investment trading risk at your my our only "
    "and for do research educational purposes personal opinion nao e es un una uma o de en "
    "inversion financiero financiera investimento yatirim degildir не является финансовой "
    "инвестиционной это индивидуальной keine kein nicht das ist pas ceci n'est c'est "
    "investissement financier non bukan finansial investasi ini ليست هذه مالية استثمارية "
    "dieser diese trade trades signals signal any all finanziario consulenza warning high "
    "please own"
)

REASONS = word_set(
    "strategy reason reasons confluence confluences pattern structure trend trendline "
    "trendlines support resistance supply demand block blocks orderblock breakout breakdown "
    "retest retests pullback retracement continuation reversal rejection bounce engulfing "
    "pinbar hammer doji double triple shoulders flag pennant wedge triangle channel fvg "
    "liquidity sweep grab bos choch smc ict wyckoff elliott fibonacci fib ema sma ma rsi "
    "macd divergence vwap bollinger momentum oversold overbought bullish bearish technical "
    "fundamental gartley butterfly crab harmonic consolidation squeeze bat"
)
"""Why a call is made, in the nouns of chart reading; a line of these alone tells no result."""
REASONED = REASONS | word_set(
    "zone zones area order pin bar candle candles candlestick top bottom head range fair "
    "value gap wave golden ratio bands higher lower low lows high highs timeframe h m d w "
    "chart setup frame on of the at in from and analysis action key level levels strong "
    "weak major minor rising falling descending ascending inside day discount premium "
    "moving average averages cross crossover break based type daily weekly price"
)

CARED = word_set(
    "hits hit reached reaches is are the your our to at of on once when after if until till "
    "then and price goes moves move sl stop stops be entry half close closes closed partial "
    "partials secure take tp target targets profit profits rest runner runners run let pips "
    "pip position positions breakeven break even all every each first second third trail "
    "trailing risk free book lock some it in level below above candle there here shift set "
    "put bring adjust mover moving with"
)
"""What is said of a trade's later care: "after TP1 hits move the stop to entry"."""
VOIDING = word_set(
    "cancel ignore skip invalid invalidates invalidated avoid exit delete move secure remove"
)
VOIDED = VOIDING | word_set(
    "if not filled triggered by until before after the order orders trade price closes "
    "close above below drops drop rises is at on this setup it day end of friday today h m "
    "candle when sl stop entry hits hit tp target reached reaches first monday tuesday "
    "wednesday thursday to"
)
"""When a call is to be dropped: "cancel if not filled by Friday"."""

OFFERS = word_set(
    "contact join dm want wants question questions help message msg share click support "
    "link more follow subscribe screenshots"
)
OFFERED = OFFERS | word_set(
    "if you have any for our us the vip premium free channel group admin signals signal "
    "forex fx gold in bio and to your my me now here copy trading telegram instagram page "
    "with ? a friends please daily account management crypto more link"
)
"""Advertising: "join our VIP for more signals"."""

KINDS = word_set(
    "long short swing scalp scalping intraday term mid midterm longterm shortterm small low "
    "limit recovery"
)
"""Words that name the kind of a call on a line of their own."""
KINDED = KINDS | word_set(
    "please trade signal setup order zone entries lot lots only free vip premium forex "
    "signals crypto long short type style : day"
)
"""What is said with them: "recovery zone", "low lot only"."""
LABELS = word_set(
    "symbol pair pairs par asset instrument market type direction action side forex "
    "currency пара direccion tipo ativo activo simbolo setup signal trade order position e "
    "la the and details spot point i y et und to main safety st nd rd th initial final are "
    "is"
)
"""What may stand beside a part of the call on a line of its own."""
LATER = word_set("when once after if until till upon soon cuando quando если после se wenn")
CONDITIONS = word_set("if when after before below above by until close closes invalidates drops")
"""What makes it depend on something: "Cancel" alone takes the call back."""
PROMISES = word_set("sure guaranteed")
PROMISED = PROMISES | word_set("profit profits trade % high setup")
"""Bragging: "99 % sure profit"."""
HOPES = word_set("semoga holiday")
HOPED = HOPES | word_set("profit cuan semua amin kita hari ini today is a")
"""Hopes, and why a day is calm: "semoga profit", "today is a holiday"."""
CHARTED = word_set("chart h m d w hour hours daily weekly min")
"""The chart a call is seen on: "1H chart"."""
ENTERS = word_set("enter layer layers entries slowly")
ENTERED = ENTERS | word_set(
    "with proper money management small low lot lots size do not don't rush your the and "
    "use risk in by wisely responsibly carefully strict"
)
"""How to enter, not when: "enter slowly, layer with proper money management"."""
USING = word_set("use usa usar usen set put gunakan pakai without")
"""Advice that names a stop is to have one; "keep your SL" is said of a trade that runs."""
VAGUE = word_set("at @ around or and to on in the by per for of until till only very strict")
"""What gives a note no value: "risk on"."""
NOT_ALONE = {
    "safe": "trade trading stay be play",
    "happy": "trading trade trades",
    "luck": "good best",
    "good": "luck trading trades",
    "best": "luck regards wishes",
    **dict.fromkeys(("let's", "lets"), "go"),
    **dict.fromkeys(("dios", "god"), "bless bendiciones"),
}
"""Words that make a wish only with another: "safe" alone tells how it stands."""
SESSIONS = word_set(
    "session open london new york ny us asia asian tokyo sydney frankfurt europe european american"
)
"""Where the market is open: "London session"."""
LEXICON = (
    SIZED
    | TIMED
    | NEARED
    | ADVISED
    | CARED
    | VOIDED
    | OFFERED
    | WISHED
    | HOPED
    | REASONED
    | CONDITIONS
    | SESSIONS
)
"""Words of the language, none of which is part of an unknown channel's name."""
