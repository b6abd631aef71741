"""How the desk's HTTP says no: RFC 9457 problem documents."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from trading.signals import Fault

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_DATA_ALONE: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let every refusal under /api be a problem document, the server's own as well.

    What answers there is data alone: nobody may take it for a page, frame it or keep it.
    """
    if not request.path.startswith("/api/"):
        return await handler(request)
    answer = await _answered(request, handler)
    for name, value in _DATA_ALONE.items():
        answer.headers.setdefault(name, value)
    return answer


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPError as error:
        words = "there is nothing here"
        if isinstance(error, web.HTTPMethodNotAllowed):
            words = f"{request.method} is not taken here"
        answer = problem(HTTPStatus(error.status), words)
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Exception:
        # Whoever posts reads JSON, of a bug as well.
        resource = request.match_info.route.resource  # its pattern: a path can hold a secret
        log.exception("request_failed", extra={"route": resource and resource.canonical})
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "it failed here; try again")


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
