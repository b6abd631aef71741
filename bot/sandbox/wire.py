"""What crosses the wire: JSON values, request parameters, Telegram's refusals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]


class ApiError(Exception):
    """A refusal in Telegram's own words."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def to_json(self) -> JsonObject:
        """Return the body Telegram would answer with."""
        body: JsonObject = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        if self.parameters:
            body["parameters"] = dict(self.parameters)
        return body


def bad_request(why: str) -> ApiError:
    """Return a 400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {why}")


def too_many_requests(retry_after: int) -> ApiError:
    """Return a 429 that names the wait in seconds."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file part of a multipart request."""

    name: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of one call, however they were encoded."""

    values: Mapping[str, Json]
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Tell whether the parameter was sent with something in it."""
        return self.values.get(name) not in (None, "")

    def text(self, name: str) -> str:
        """Return a string parameter, empty when absent."""
        value = self.values.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, default: int = 0) -> int:
        """Return an integer parameter; what is no integer counts as absent, as at Telegram."""
        value = self.values.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        try:
            return int(value) if isinstance(value, str) else default
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        """Return a boolean parameter."""
        value = self.values.get(name)
        if isinstance(value, str):
            return value.strip().lower() in {"true", "yes", "1"}
        return bool(value)

    def json(self, name: str, what: str) -> Json:
        """Return a parameter that holds JSON, None when absent; `what` names it in the refusal."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            parsed: Json = json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None
        return parsed

    def items(self, name: str, what: str) -> list[Json]:
        """Return a parameter that must be a JSON array, empty when absent."""
        value = self.json(name, what)
        if value is None:
            return []
        if not isinstance(value, list):
            raise bad_request(f"expected an Array of {what}")
        return value

    def plain(self) -> JsonObject:
        """Return the parameters for people and tests, nested JSON decoded, files by name."""
        shown: JsonObject = {name: _decoded(value) for name, value in self.values.items()}
        shown.update({name: upload.name for name, upload in self.uploads.items()})
        return shown


def _decoded(value: Json) -> Json:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            parsed: Json = json.loads(value)
        except ValueError:
            return value
        return parsed
    return value


def as_object(value: Json, refusal: str) -> JsonObject:
    """Return the value as a JSON object or refuse with `refusal`."""
    if not isinstance(value, dict):
        raise bad_request(refusal)
    return value
