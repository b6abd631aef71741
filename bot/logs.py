"""The log: structlog and the standard library in one stream, with every secret masked."""

import contextlib
import logging
import math
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import IO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.redaction import Redactor
from bot.settings_groups import LogSettings

_LEVELS = {
    "aiogram": logging.WARNING,
    "aiohttp.access": logging.CRITICAL + 1,
    "aiosqlite": logging.WARNING,
    "apscheduler": logging.WARNING,
    "asyncio": logging.WARNING,
}
"""Libraries that tell more than we ask, and at DEBUG the values they handle."""

_DEEPEST = 8


def configure(log: LogSettings, secrets: Iterable[str], stream: IO[str] | None = None) -> None:
    """Send every log line to stdout, console or JSON, and mask the secrets everywhere.

    A traceback that ends the process, a thread or a finaliser goes to stderr, masked too.
    """
    redact = Redactor(secrets)
    target = stream or sys.stdout
    is_console = log.format == "console" or (log.format is None and target.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = _Handler(target, redact)
    handler.addFilter(_Masking(redact))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                _masking_processor(redact),
                _renderer(is_console=is_console, coloured=target.isatty()),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=log.level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)
    install_hooks(redact)


def _renderer(*, is_console: bool, coloured: bool) -> Processor:
    if not is_console:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=coloured, exception_formatter=structlog.dev.plain_traceback
    )


def _masking_processor(redact: Redactor) -> Processor:
    def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {redact(str(key)): _masked(value, redact) for key, value in event.items()}

    return mask


def _masked(value: object, redact: Redactor, depth: int = 0) -> object:
    """Return a value that JSON can write and that shows no secret, however it is nested."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping() if depth < _DEEPEST:
            return {
                redact(str(key)): _masked(item, redact, depth + 1) for key, item in value.items()
            }
        case list() | tuple() | set() | frozenset() if depth < _DEEPEST:
            return [_masked(item, redact, depth + 1) for item in value]
        case str():
            return redact(str(value))
        case _:
            return redact(_text(value))


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - a log line must not break what it tells about
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


class _Masking(logging.Filter):
    """Masks the message and the arguments of a standard library record."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, dict):
            return True  # one of structlog's, whose processor masks it
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError) as error:
            text = f"{record.msg} (its arguments do not fit: {error})"
        record.msg = self._redact(text)
        record.args = None
        record.exc_text = None
        return True


class _Handler(logging.StreamHandler[IO[str]]):
    """Writes lines; when that fails, says so without the values it was given."""

    def __init__(self, stream: IO[str], redact: Redactor) -> None:
        super().__init__(stream)
        self._redact = redact

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        if sys.stderr is not None and not isinstance(sys.exception(), BrokenPipeError):
            _write(self._redact(f"a log line of {record.name} was lost\n{traceback.format_exc()}"))


def install_hooks(redact: Redactor) -> None:
    """Mask the tracebacks that Python itself writes to stderr."""
    sys.excepthook = _uncaught(redact)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            name = args.thread.name if args.thread else "a thread"
            _write(redact(f"Exception in {name}:\n{_formatted(args.exc_value)}"))

    def unraisable(args: "sys.UnraisableHookArgs") -> None:
        if args.exc_value is not None:
            said = args.err_msg or "Exception ignored in"
            _write(redact(f"{said}: {_text(args.object)}\n{_formatted(args.exc_value)}"))

    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


def _uncaught(
    redact: Redactor,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    def hook(
        _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        _write(redact(_formatted(error)))

    return hook


def _formatted(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _write(text: str) -> None:
    """Write to stderr; on a full disk there may be nowhere left to say it, and trading goes on."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
