"""Read the parameters of a Bot API call in each of the encodings Telegram accepts."""

from aiohttp import web

from bot.sandbox.wire import Json, Params, Upload


async def read_params(request: web.Request) -> Params:
    """Return the call's parameters: query string, then form or JSON body."""
    values: dict[str, Json] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        body = await _json_body(request)
        values |= body
    elif request.method == "POST":
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                with value.file as file:
                    uploads[name] = Upload(value.filename, value.content_type, file.read())
            elif isinstance(value, str):
                values[name] = value
    return Params(values, uploads)


async def _json_body(request: web.Request) -> dict[str, Json]:
    if not request.can_read_body:
        return {}
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
