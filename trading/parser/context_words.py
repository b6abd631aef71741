"""Words around a trade that tell what is said of it: won, doubted, told, or called."""

from trading.parser.normalise import word_set

RESULTS = word_set(
    "failed removed succeeded successful won wins winner winners finished bag perfect triggered "
    "activated executed filled hit hitted reached achieved done running smashed closed booked "
    "secured stopped completed touched runing alcanzado alcancado atingido tocado batido cerrado "
    "fechado достигнут взят сработал закрыт выполнен تحقق تحققت ضرب tercapai kena sudah banked "
    "cashed printed destroyed crushed nailed tagged exited invalidated expired deleted missed "
    "still holding backtest backtested backtesting demo journal congrats congratulations cerrada "
    "cerrados cerradas activado activada ejecutada encerrado encerrada finalizado batida chiuso "
    "chiusa raggiunto colpito erreicht geschlossen getroffen ausgestoppt atteint touche cloture "
    "kapandi kapatildi vurdu dong khop закрыта закрыто закрыли взята взяли сработала сработало "
    "достигнута достигли تم تحقيق"
)
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
LATER = word_set("when once after if until till upon before as cuando quando если после se wenn")
DOUBTS = word_set(
    "before after earlier if wait waiting may might could would expect expecting expected looking "
    "look plan planning potential possible don't dont not never avoid until unless maybe consider "
    "considering watch watching who who's whos anyone why what was were had took yesterday last "
    "think thinking hope want wants should will can how when where which did does no cannot can't "
    "miss missed ready prepare forecast analysis scenario either example posible possivel "
    "possibile moglich возможно вероятно mungkin muhtemelen olasi peut forget delete skip "
    "disregard close exit remove monday tuesday wednesday thursday friday sunday got gave caught "
    "earned won went sold bought made"
)
NEWS = word_set(
    "update updated edit edited correction corrected revised reminder recap results result cancel "
    "cancelled canceled cancelar cancela ignore ignored void"
)
DISTANCES = word_set("risk reward rr after every each within spread range")
"""Words whose pips measure a plan, not a result."""
VOID = word_set(
    "stats statistics scorecard score test felicidades parabens mubarak tebrikler xong thanh guide "
    "tutorial loser losers webinar homework received parsed quiz exercise lesson ago entered "
    "throwback flashback proof taken already ganancia ganancias lucro ganho прибыль убыток kazanc "
    "gewinn verlust gagne perdu guadagno ربح cuan rugi stopado stopeado словили outcome status "
    "sent win loss anymore previous sample demo dummy template hypothetical imagine friend lol "
    "haha moved gone looks mistake wrong typo paper history historical archive confirmation "
    "confirmed confirms confirmacion confirmacao confirmar подтверждения konfirmasi bestatigung "
    "teyit تأكيد التأكيد ayer ontem hier gestern ieri вчера вчерашний dun dunku kemarin امس الامس "
    "ejemplo exemplo exemple beispiel esempio пример ornek contoh مثال उदाहरण resultado resultados "
    "resultat ergebnis risultato итог итоги результат sonuc hasil نتيجة نتائج drawdown waiting "
    "watching yet forming forms esperen esperar aguardem aguardar aguarde жду ждем tunggu"
)
"""Words that make a call none, wherever they stand around its prices."""
EVEN = word_set("breakeven at be now . ! ,")
CALLS = word_set(
    "trade signal setup operacion operacao operazione operation senal sinal sinyal segnale islem "
    "صفقة الصفقة توصية сделка сигнал lenh keo"
)
"""Names of a call; what kind of call an unknown word makes it is not for a machine to guess."""
COUNSEL = word_set(
    "responsibly don't dont use manage management risk enter keep do always never max maximum min "
    "only small care careful caution lot lots capital balance follow join share like support "
    "contact dm click link advice financial responsibility disclaimer own set proper layer trail "
    "valid expiry leverage lev timeframe news tip note remember reminder usar usen gestion "
    "gestione gestao riesgo risco cuiden respeten respeite إدارة ادارة المال риск риски соблюдайте "
    "von vốn quan risiko jaga gunakan yonetimi rischio risque gerez expire until"
)
"""Words of advice and of links below a call."""
SMALL_TALK = word_set(
    "regards invalidates good luck enjoy trading safe happy all best gl thanks thank you cheers "
    "bismillah copyright reserved follow please pls lets go inshallah patience stay tuned "
    "disciplined discipline"
)
"""What people write below a call without saying anything of it."""
MODALS = word_set("could might may would")
GRAMMAR = word_set(
    "is the our my your we i this of to that it you us he they for in here was from with up at by "
    "about"
)
"""Small words: two of them and one unknown word make a line a sentence, not a name."""
EAGER = frozenset({"ready", "prepare", "plan"})
"""Doubts beside a price that only announce a call from the lines above it."""
QUIET = word_set(
    "plan idea trading \u0441f riskly leverage fresh todays today cf h m d x st nd rd th side here "
    "down high low daily weekly posted lenh urgent aggressive safe conservative london asia asian "
    "ny breakout strong hot risky sure elite retest official room nfp"
)
"""Words that name a kind of call and do not make its line running text."""
