"""The options of ``python -m bot replay``: light, for every command builds the whole parser."""

import argparse
from datetime import UTC, datetime
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--ticks",
        type=Path,
        required=True,
        metavar="FILE",
        help="recorded prices: ticks (time_msc,symbol,bid,ask) or bars, .gz or not",
    )
    parser.add_argument(
        "--signals",
        type=Path,
        required=True,
        metavar="FILE",
        help="JSON lines as of POST /api/v1/signals, each with a time",
    )
    parser.add_argument(
        "--cap",
        action="append",
        default=[],
        metavar="CAP",
        help="as in chat: '10', 'daily 5', 'trailing 8 lock'; repeat for several",
    )
    parser.add_argument("--until", type=instant, metavar="TIME", help="stop there (ISO, UTC)")
    parser.add_argument(
        "--approve-after",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how long a person takes",
    )
    parser.add_argument(
        "--step", type=float, metavar="SECONDS", help="between two looks (default: 1; bars: 15)"
    )
    parser.add_argument(
        "--first",
        choices=("low", "high"),
        default="low",
        help="which of a bar's extremes came first",
    )
    parser.add_argument(
        "--route",
        choices=("line", "jump"),
        default="line",
        help="between a bar's prices: a straight line, or jumps as in a gap",
    )
    parser.add_argument(
        "--spread", type=int, metavar="POINTS", help="of bars that have no ask side"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def instant(text: object) -> datetime:
    """Return the aware UTC instant of an ISO time or of seconds since the epoch."""
    value = str(text)
    try:
        if value.replace(".", "", 1).isdigit():
            return datetime.fromtimestamp(float(value), UTC)
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{value!r} is no time such as 2014-05-02T12:25:00Z"
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
