"""The child process: reads a chart, writes its picture, until its input ends."""

import json
import os
import sys
from typing import BinaryIO

from bot.charts.wire import FAILED, LENGTH_BYTES, OK, frame

_KINDER = 10


def main() -> None:
    """Serve requests from standard input; what prints by itself goes to standard error."""
    if hasattr(os, "nice"):
        os.nice(_KINDER)  # a picture never takes the processor from a pass
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        while (body := _read(sys.stdin.buffer)) is not None:
            answers.write(frame(_answer(body)))
            answers.flush()
    except BrokenPipeError:  # the bot was killed: nobody reads, and there is nothing to flush
        os._exit(0)


def _read(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    size = int.from_bytes(head, "big")
    body = source.read(size)
    return body if len(body) == size else None


def _answer(body: bytes) -> bytes:
    try:
        from bot.charts.draw import draw  # noqa: PLC0415 - half a second, paid by the first chart

        return OK + draw(json.loads(body))
    except Exception as error:  # noqa: BLE001 - whatever a drawing fails of is told, not died of
        return FAILED + f"{type(error).__name__}: {error}".encode()


if __name__ == "__main__":
    main()
