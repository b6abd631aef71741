"""How a mail looks: the words of the card, as text and as HTML that mail programs show alike."""

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from string import Template
from typing import Final

from handlers.cards.text import WORDS, as_plain, foreign
from handlers.readers import reader
from handlers.texts import later, retell, t
from trading.mail import MailKind
from trading.notices import MailTrouble

SUBJECT: Final = 120
_PRE: Final = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
_ROW: Final = re.compile(r"(\S.*?) {2,}(\S.*)")
_WHY: Final = {
    MailKind.CRITICAL: later(
        "You asked for critical alerts by e-mail. /email in the chat changes that."
    ),
    MailKind.REPORT: later("You planned this report. /email in the chat changes what comes here."),
    MailKind.RECEIPT: later(
        "You asked for receipts by e-mail. /email in the chat changes what comes here."
    ),
    MailKind.CODE: later(
        "Somebody gave this address to a trade desk in Telegram. If it was not you, do nothing:"
        " nothing more will come."
    ),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's subject and its two parts."""

    subject: str
    text: str
    html: str


def of_card(card: str, kind: MailKind, unsubscribe: str = "") -> Letter:
    """Return a card as a letter; ``unsubscribe`` is the address of its link, if it has one."""
    return _letter(subject(card), card, kind, unsubscribe)


def of_code(code: str) -> Letter:
    """Return the letter that brings a code."""
    head = t("Your code: {code}", code=code)
    card = t(
        "<b>{head}</b>\nWrite it to the desk in Telegram within 10 minutes:\n"
        "<pre>/email {code}</pre>",
        head=head,
        code=code,
    )
    return _letter(head, card, MailKind.CODE, "")


def subject(card: str) -> str:
    """Return a card's first line as one line without what could end a header."""
    line = as_plain(card.split("\n", 1)[0])
    kept = " ".join("".join(one if one.isprintable() else " " for one in line).split())
    return kept if len(kept) <= SUBJECT else kept[: SUBJECT - 1].rstrip() + "…"


def _letter(title: str, card: str, kind: MailKind, unsubscribe: str) -> Letter:
    why = t(_WHY[kind])
    text = [as_plain(card), "", "-- ", why]
    foot = escape(why)
    if unsubscribe:
        text.append(t("No more of these: {link}", link=unsubscribe))
        link = f'<a href="{escape(unsubscribe)}">{escape(t("No more of these"))}</a>'
        foot += f"<br>{link}"
    html = _page().substitute(
        language=escape(reader().language.partition("-")[0]),
        title=escape(title),
        body=as_html(card),
        foot=foot,
    )
    return Letter(title, "\n".join(text) + "\n", html)


@cache
def _page() -> Template:
    text = (resources.files("handlers") / "cards" / "letter.html").read_text(encoding="utf-8")
    return Template(text)


def as_html(card: str) -> str:
    """Return a card's HTML as a mail's: the first line a heading, aligned lines a table."""
    head, _, rest = card.partition("\n")
    parts = [f"<h1>{head}</h1>"]
    for number, piece in enumerate(_PRE.split(rest)):
        if number % 2:
            parts.append(_table(piece))
        elif piece.strip():
            parts.append(f"<p>{piece.strip().replace(chr(10), '<br>')}</p>")
    return "\n".join(parts)


def _table(lines: str) -> str:
    """Return aligned labels and values as a table; anything else keeps its own columns."""
    rows = [_ROW.fullmatch(line.rstrip()) for line in lines.strip("\n").split("\n")]
    if not all(row is not None and "  " not in row[2].strip() for row in rows):
        return f"<pre>{lines}</pre>"
    cells = (
        f'<tr><th scope="row">{row[1]}</th><td>{row[2]}</td></tr>'
        for row in rows
        if row is not None
    )
    return f'<table class="figures">{"".join(cells)}</table>'


def trouble(notice: MailTrouble) -> str:
    """Return that mail does not get out, or where it is not taken, and what to do."""
    why = foreign(retell(notice.why), WORDS)
    if notice.address:
        return t(
            "📭 <b>Your e-mail address is refused</b>\n{address}: {why}\n"
            "No more mail goes there; everything comes here. Set it anew: /email ADDRESS",
            address=foreign(notice.address, 80),
            why=why,
        )
    return t(
        "📭 <b>E-mail does not get out</b>\n{why}\n"
        "It is tried for a day. The chat misses nothing; look at the mail server and its settings.",
        why=why,
    )
