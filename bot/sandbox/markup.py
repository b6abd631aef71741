"""The keyboards under and below messages, checked as strictly as Telegram checks them."""

from urllib.parse import urlsplit

from bot.sandbox.wire import ApiError, Json, JsonObject, Params, as_object, bad_request

_CALLBACK_BYTES = 64
_MAX_BUTTONS = 100
_ROW_BUTTONS = 8
_ACTIONS = {
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
}


def read_markup(params: Params) -> JsonObject | None:
    """Return the call's reply markup after every check, None when it has none."""
    value = params.json("reply_markup", "reply keyboard markup")
    if value is None:
        return None
    markup = as_object(value, "object expected as reply markup")
    if "inline_keyboard" in markup:
        return _inline(markup)
    if "keyboard" in markup:
        return _reply(markup)
    if markup.get("remove_keyboard") is True or markup.get("force_reply") is True:
        return markup
    if markup:
        raise bad_request("object expected as reply markup")
    return None


def read_inline(params: Params) -> JsonObject | None:
    """Return the inline keyboard of an edit; any other markup is refused."""
    markup = read_markup(params)
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    return markup


def labels(markup: JsonObject | None) -> list[list[str]]:
    """Return the button labels of an inline or reply keyboard, row by row."""
    return [[str(button.get("text", "")) for button in row] for row in buttons(markup)]


def buttons(markup: JsonObject | None) -> list[list[JsonObject]]:
    """Return the buttons of a checked keyboard, row by row."""
    if markup is None:
        return []
    rows = markup.get("inline_keyboard", markup.get("keyboard"))
    if not isinstance(rows, list):
        return []
    return [
        [button if isinstance(button, dict) else {"text": button} for button in row]
        for row in rows
        if isinstance(row, list)
    ]


def _rows(value: Json, refusal: str) -> list[list[Json]]:
    if not isinstance(value, list):
        raise bad_request(refusal)
    rows: list[list[Json]] = []
    for row in value:
        if not isinstance(row, list):
            raise bad_request(f"{refusal} of Arrays")
        rows.append(row)
    return rows


def _inline(markup: JsonObject) -> JsonObject | None:
    where = 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array'
    rows = _rows(markup["inline_keyboard"], where)
    for row in rows:
        for button in row:
            _check_inline_button(button)
    kept: list[Json] = [row for row in rows if row]
    if any(len(row) > _ROW_BUTTONS for row in rows) or sum(map(len, rows)) > _MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": kept} if kept else None


def _check_inline_button(value: Json) -> None:
    broken = "can't parse inline keyboard button: "
    button = as_object(value, f"{broken}InlineKeyboardButton must be an Object")
    _check_label(button, broken, "inline keyboard")
    actions = [name for name in _ACTIONS if button.get(name) not in (None, "")]
    if not actions:
        raise bad_request(f"{broken}Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request(f"{broken}exactly one of the optional fields must be used")
    if "callback_data" in button:
        _check_callback_data(button["callback_data"], broken)
    if "url" in button:
        _check_url(button["url"], "inline keyboard button URL")
    if "web_app" in button:
        _check_web_app(button["web_app"])


def _check_label(button: JsonObject, broken: str, keyboard: str) -> None:
    if "text" not in button:
        raise bad_request(f'{broken}Can\'t find field "text"')
    text = button["text"]
    if not isinstance(text, str):
        raise bad_request(f'{broken}Field "text" must be of type String')
    if not text.strip():
        raise bad_request(f"{keyboard} button text must be non-empty")


def _check_callback_data(data: Json, broken: str) -> None:
    if not isinstance(data, str):
        raise bad_request(f'{broken}Field "callback_data" must be of type String')
    if len(data.encode()) > _CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")


def _check_url(url: Json, what: str) -> None:
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in {"http", "https", "tg", "ton"} or not parts.netloc:
        raise _invalid_url(url, what)
    if parts.scheme.startswith("http") and "." not in (parts.hostname or ""):
        raise _invalid_url(url, what)


def _invalid_url(url: Json, what: str) -> ApiError:
    return bad_request(f"{what} '{url}' is invalid: Wrong HTTP URL")


def _check_web_app(value: Json) -> None:
    app = as_object(value, "can't parse inline keyboard button: WebAppInfo must be an Object")
    url = app.get("url")
    if not isinstance(url, str) or not url.startswith("https://"):
        raise bad_request(
            f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed"
        )


def _reply(markup: JsonObject) -> JsonObject | None:
    rows = _rows(markup["keyboard"], 'field "keyboard" must be an Array')
    for row in rows:
        for value in row:
            broken = "can't parse keyboard button: "
            button: Json = {"text": value} if isinstance(value, str) else value
            _check_label(
                as_object(button, f"{broken}KeyboardButton must be a String or an Object"),
                broken,
                "keyboard",
            )
    return {**markup, "keyboard": [row for row in rows if row]} if any(rows) else None
