"""What may follow each command: every form as somebody would type it, for ``/help`` of one."""

from collections.abc import Mapping
from typing import Final

from handlers.commands import About, CommandRow

FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("/status", "/status table", "/status 1234", "/status EURUSD"),
    "order": ("/order 1234",),
    "balance": ("/balance", "/balance full"),
    "forceexit": (
        *("/fx", "/fx 1234", "/fx 1234 50%", "/fx all", "/fx winners", "/fx losers"),
        *("/fx EURUSD", "/fx buy", "/fx sell 25%"),
    ),
    "partial": ("/partial 1234 50",),
    "be": ("/be", "/be 1234", "/be all"),
    "sl": ("/sl 1234 1.0950",),
    "tp": ("/tp 1234 1.1200", "/tp 1234 2 1.1200"),
    "trail": ("/trail 1234 15", "/trail 1234 off"),
    "timelimit": ("/timelimit 1234 4h", "/timelimit 1234 off"),
    "cancel": ("/cancel 1234", "/cancel all"),
    "profit": ("/profit", "/profit 30"),
    "profit_long": ("/profit_long", "/profit_long 30"),
    "profit_short": ("/profit_short", "/profit_short 30"),
    "daily": ("/daily", "/daily 7"),
    "weekly": ("/weekly", "/weekly 8"),
    "monthly": ("/monthly", "/monthly 6"),
    "trades": ("/trades", "/trades 5"),
    "performance": (
        *("/performance", "/performance symbol", "/performance source"),
        *("/performance hour", "/performance reason"),
    ),
    "plot": ("/plot", "/plot equity 30", "/plot drawdown 30", "/plot daily 14"),
    "export": (
        *("/export", "/export json", "/export deals"),
        "/export csv 2026-01-01 2026-03-31",
    ),
    "report": (
        *("/report", "/report week", "/report month", "/report daily 22:00"),
        *("/report weekly fri 18:00", "/report monthly 7:30 Europe/Madrid", "/report off"),
    ),
    "stats": ("/stats", "/stats 90"),
    "pause": ("/pause",),
    "cap": (
        *("/cap", "/cap 15", "/cap trailing 10", "/cap trailing 10 balance lock"),
        *("/cap daily 5", "/cap daily 5 balance of initial at 00:00 Europe/Prague"),
        *("/cap floor 8500", "/cap off daily"),
        *("/cap streak 3 pause 2h", "/cap lookback 500 in 24h", "/cap off streak"),
    ),
    "riskpct": ("/riskpct", "/riskpct 0.5", "/riskpct off"),
    "preset": (
        *("/preset", "/preset ftmo"),
        "/preset ftmo initial 100000 daily 4 total 8",
    ),
    "calc": ("/calc EURUSD 1.05", "/calc EURUSD 1.05 1%"),
    "why": ("/why 12",),
    "approve": ("/approve 12", "/approve 12 half", "/approve 12 limit"),
    "reject": ("/reject 12", "/reject 12 too late"),
    "channel": (
        *("/channel 2", "/channel 2 ask", "/channel 2 shadow", "/channel 2 off"),
        *("/channel 2 follow", "/channel 2 leave", "/channel 2 risk 0.5"),
        *("/channel 2 allow XAUUSD EURUSD", "/channel 2 map XAUUSD GOLDm"),
        *("/channel 2 suffix .pro", "/channel 2 offset XAUUSD -0.30", "/channel 2 ttl 300"),
        *("/channel 2 nostop refuse", "/channel 2 tighten on", "/channel 2 limit 30"),
        *("/channel 2 autorisk 0.5", "/channel 2 perday 3", "/channel 2 losses 3"),
    ),
    "score": ("/score", "/score 2"),
    "trade": ("/trade BUY EURUSD SL 1.05 TP 1.2", "/trade 1234"),
    "parse": ("/parse SELL LIMIT EURUSD 1.0950 SL 1.1000",),
    "account": (
        *("/account", "/account add", "/account check 5012345", "/account remove 5012345"),
    ),
    "two_person": ("/two_person", "/two_person 1.5", "/two_person off"),
    "invite": ("/invite", "/invite trader", "/invite trader 5012345"),
    "grant": ("/grant 123456789 trader", "/grant 123456789 viewer 5012345"),
    "revoke": ("/revoke 123456789", "/revoke 123456789 5012345"),
    "audit": ("/audit", "/audit verify"),
    "notify": ("/notify", "/notify heartbeat off", "/notify positions silent"),
    "mute": ("/mute", "/mute 2h", "/mute heartbeat 1d"),
    "quiet": ("/quiet", "/quiet 22:00-07:00", "/quiet 22-7 digest", "/quiet off"),
    "ack": ("/ack", "/ack 12"),
    "settings": (
        *("/settings", "/settings zone Europe/Berlin", "/settings language es"),
        "/settings numbers comma",
    ),
    "promo": ("/promo SPRING",),
    "grantplan": ("/grantplan 123456 trader 30",),
    "refund": ("/refund REFERENCE",),
    "help": ("/help", "/help cap", "/help limits"),
}
"""Commands that are not here are said alone."""
_ACCOUNT = "@5012345"


def forms_of(row: CommandRow) -> tuple[str, ...]:
    """Return every form of a command, the one that names an account last."""
    known = FORMS.get(row.name) or tuple(dict.fromkeys((f"/{row.name}", row.example)))
    if row.about in (About.NOTHING, About.DESK):
        return known
    if row.about is About.SENDER:
        return (*known, f"/{row.name} {_ACCOUNT} {row.example.partition(' ')[2]}")
    both = (f"/{row.name} @all",) if row.about is About.ONE_OR_ALL else ()
    return (*known, f"{row.example} {_ACCOUNT}", *both)
