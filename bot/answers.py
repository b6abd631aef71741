"""How the desk's HTTP says no: RFC 9457 problem documents."""

from collections.abc import Iterable
from http import HTTPStatus

from aiohttp import web

from trading.signals import Fault


def problem(
    status: HTTPStatus, detail: str, faults: Iterable[Fault] = (), retry_after: int | None = None
) -> web.Response:
    """Return an RFC 9457 answer that says what is wrong and with which field."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    errors = [{"field": fault.field, "detail": fault.words} for fault in faults]
    if errors:
        body["errors"] = errors
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.json_response(
        body, status=status, content_type="application/problem+json", headers=headers
    )
