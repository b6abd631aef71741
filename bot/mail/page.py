"""Where an unsubscribe link leads: a POST switches off (RFC 8058), a GET only asks."""

from html import escape
from typing import Final, Protocol

from aiohttp import web

from handlers.readers import reader, reading
from handlers.texts import later, t
from storage.mail_boxes import Linked
from trading.mail import MailKind

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_ASKED: Final = {
    MailKind.REPORT: later("No more reports by e-mail?"),
    MailKind.RECEIPT: later("No more receipts by e-mail?"),
}


class Links(Protocol):
    """What an unsubscribe link does; each call is one transaction."""

    async def linked(self, token: str) -> Linked | None: ...

    async def unsubscribe(self, token: str) -> Linked | None: ...


class UnsubscribePage:
    """The two routes of a link. A mail scanner that follows links changes nothing."""

    def __init__(self, links: Links) -> None:
        self._links = links

    async def ask(self, request: web.Request) -> web.Response:
        """Show a button."""
        found = await self._links.linked(request.match_info["token"])
        if found is None:
            return _unknown()
        with reading(found.reader):
            return _page(
                t(_ASKED[found.kind]),
                t("Critical alerts are not touched."),
                f'<form method="post"><button name="List-Unsubscribe" value="One-Click">'
                f"{escape(t('Stop them'))}</button></form>",
            )

    async def take(self, request: web.Request) -> web.Response:
        """Switch off what the link names; again is the same."""
        found = await self._links.unsubscribe(request.match_info["token"])
        if found is None:
            return _unknown()
        with reading(found.reader):
            words = t("No more of them come. /email in the chat switches them on again.")
            return _page(t("Done"), words)


def _unknown() -> web.Response:
    words = t(
        "It belongs to an address that is no longer used. /email in the chat shows what you get."
    )
    return _page(t("This link is not known"), words, status=404)


def _page(head: str, words: str, form: str = "", status: int = 200) -> web.Response:
    language = escape(reader().language.partition("-")[0])
    text = _PAGE.format(language=language, head=escape(head), words=escape(words), form=form)
    return web.Response(text=text, content_type="text/html", status=status, headers=_HEADERS)


_PAGE: Final = """\
<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{head}</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>:root{{color-scheme:light dark}}
body{{font:17px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}}
button{{font:inherit;padding:.6rem 1.2rem}}h1{{font-size:1.4rem}}</style></head>
<body><h1>{head}</h1>{form}<p>{words}</p></body></html>
"""
