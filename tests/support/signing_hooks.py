"""What schemathesis loads (SCHEMATHESIS_HOOKS) so that its signals carry a good signature."""

import os
from typing import Any

import schemathesis

from bot.signal_command import PATH, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign


@schemathesis.hook
def before_call(_context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    if case.operation.method.upper() == "POST" and PATH.endswith(case.operation.path):
        kwargs["auth"] = _signed


def _signed(request: Any) -> Any:
    body = request.body or b""
    stamp = os.environ["SIGNAL_STAMP"]
    request.headers[TIMESTAMP_HEADER] = stamp
    request.headers[SIGNATURE_HEADER] = sign(
        os.environ["SIGNAL_KEY"], stamp, body.encode() if isinstance(body, str) else body
    )
    return request
