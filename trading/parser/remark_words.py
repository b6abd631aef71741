"""Words of what is said below a call, by what each line of it does."""

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
SMALL_TALK = word_set(
    "dilerim exitos viel erfolg gluck buona fortuna всем профита удачи bol kazanclar iyi "
    "sanslar sans hayirli cuan semoga chuc may man للجميع التوفيق يا رب انشاء الله ان شاء "
    "dios bendiciones abundancia let's بالتوفيق موفقين semangat bons suerte sorte regards "
    "invalidates luck enjoy traders trading safe happy best gl cheers bismillah copyright "
    "reserved follow please pls lets go inshallah patience stay tuned disciplined "
    "discipline holiday today bonne chance rights barakah blessed god bless"
)
"""What people write below a call without saying anything of it."""
WISHES = DAY_PARTS | word_set(
    "exitos chance erfolg gluck fortuna удачи профита kazanclar sanslar بالتوفيق semoga "
    "regards wishes holiday suerte sorte luck night weekend trading rights"
)
PRAISED = WELL | FOLKS | {"happy", "best"}
"""Words that are small talk only in a wish: "good luck everyone"."""
ADVISING = word_set(
    "overtrade overleverage opere tu com con mit sie maximo minimo sesuai o a la el los las "
    "del do da le les gestao buena bien mas moderado pequeno ihre deine il vostro secondo "
    "вашим свой соблюдать sizin не более lupa forget usar votre seus на proper suitable "
    "based size sizes sizing lot lots account management money per max only over leverage "
    "rush entries entry enter slowly layer rules rule plan us vip channel group link bio "
    "admin more signals support friends financial advice responsibly properly key success "
    "fixed calculated strictly pro wise wisely discipline first important recommended "
    "suggested limited loss losses lose afford big high medium low news today buen siempre "
    "su sus seu sua sempre lotaje pequena kecil bajo baja مهمة راس رأس المال صغير always "
    "trade trading free yourself each every time no an or and while without if not by from "
    "percent % than half please total positions position orders phone dyor ya yah tetap "
    "kelola manajemen ly tot bao ve luon positionen einhalten beachten toujours prudent "
    "prudence adapter attention attenzione usate rispettate gestite lotto capitale dikkat "
    "edin lutfen uygun kullanin правильный правильно according dieser соблюдаем рисками "
    "الالتزام respetar rispetta gestisci respecter gerer copy now объем объём мани "
    "менеджмент помните про дисциплину يرجى دائما بحذر حسابك مناسب"
)
"""What else is said in a line of advice."""
DISCLAIMERS = word_set(
    "advice рекомендация рекомендацией conseil consiglio anlageberatung consejo tavsiyesi "
    "conselho recomendacion recomendacao saran ajakan نصيحة"
)
"""Words of a line that disclaims: "not financial advice"."""
DISCLAIMING = DISCLAIMERS | word_set(
    "this that is it's its are not no financial investment trading own risk at your my our "
    "only and for dyor do research educational purposes personal opinion nao e es un una "
    "uma o de en inversion financiero financiera investimento yatirim degildir не является "
    "финансовой инвестиционной это индивидуальной keine kein nicht das ist pas ceci n'est "
    "c'est investissement financier non bukan finansial investasi ini ليست هذه مالية "
    "استثمارية dieser diese trade signals signal any all finanziario consulenza disclaimer "
    "warning"
)
"""What such a line consists of."""
NOTED = word_set(
    "hour hours hrs hr h m d w x day days week weeks minute minutes min mins candle candles "
    "end of frame usd eur gbp dollar dollars euro euros doller cent monday tuesday "
    "wednesday thursday friday tonight today session ny london asia asian tokyo close "
    "closing open daily weekly monthly per trade trades each max maximum minimum low medium "
    "high small normal big moderate conservative aggressive size sizing account balance "
    "capital positions position entries entry and or to for until till from at around near "
    "only point level levels chart very extreme extremely low-medium usual half double full "
    "standard micro mini major minor key strong weak first second next main on in the with "
    "by equity deposit not more than bajo baja medio media alto alta faible moyen eleve "
    "niedrig mittel hoch basso dusuk orta yuksek rendah sedang tinggi низкий средний "
    "высокий منخفض متوسط عالي عالية منخفضة por operacion operacao operation pro auf des du "
    "la le del conta cuenta compte konto kapitals capitale kapital depo депозита на сделку "
    "от из الحساب راس المال من على لكل صفقة bars strict strictly hold swing scalp"
)
"""What a note on risk, size or time says: "risk: medium", "valid till Friday"."""
REASONS = word_set(
    "strategy reason reasons confluence confluences confirmation pattern structure trend "
    "trendline trendlines support resistance supply demand zone zones area order block "
    "blocks orderblock breakout breakdown break breaks retest retests pullback retracement "
    "continuation reversal rejection bounce engulfing pinbar pin bar hammer doji candle "
    "candles candlestick double triple top bottom head shoulders flag pennant wedge "
    "triangle channel range fvg fair value gap liquidity sweep grab bos choch smc ict "
    "wyckoff elliott wave fibonacci fib golden ratio ema sma ma rsi macd divergence vwap "
    "bollinger bands momentum oversold overbought bullish bearish higher lower low lows "
    "high highs timeframe h m d w chart setup entry frame time on york technical "
    "fundamental analysis price action key level levels strong weak major minor rising "
    "falling descending ascending inside day previous-day discount premium bat gartley "
    "butterfly crab harmonic consolidation squeeze moving average averages cross crossover"
)
"""Why a call is made, in the nouns of chart reading; a line of these alone tells no result."""
CARE = word_set(
    "hits hit reached reaches is are the your our to at of on once when after if until till "
    "then and price goes moves move sl stop stops be entry half close closes closed partial "
    "partials secure take profit profits rest runner runners run let pips pip position "
    "positions breakeven break even all every each target first second third trail trailing "
    "risk free book lock some it in level below above candle not filled by triggered drops "
    "rises there here"
)
"""What is said of a trade's later care: "after TP1 hits move the stop to entry"."""
