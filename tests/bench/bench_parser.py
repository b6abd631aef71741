"""How fast the parser is: run ``python -m tests.bench.bench_parser``; nothing is asserted.

Times are CPU time of this process, so that a busy machine does not count, and of each message the
median of its rounds; the percentiles are those of the messages.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from time import process_time_ns

from trading.parser import parse

_CORPUS = Path(__file__).resolve().parents[3] / "shared" / "data" / "signals"
_ROUNDS = 30
_WIDE = 65_536

_SAMPLE = (
    "XAUUSD BUY NOW @ 4320-4315\nSL 4308\nTP1 4330\nTP2 4340\nTP3 open",
    "Gold sell limit 4350, stop loss 4360, targets 4340 / 4330 / 4320",
    "TP1 hit, close half and move SL to entry",
)
_HOSTILE: dict[str, Callable[[int], str]] = {
    "digits": lambda size: "1" * size,
    "digits and commas": lambda size: "1,23" * (size // 4),
    "brackets": lambda size: "(" * (size // 2) + ")" * (size // 2),
    "right-to-left marks": lambda size: "\u200f" * size,
    "joiners in a signal": lambda size: "buy gold 4\u200d320" + "\u200d" * (size - 15),
    "spaces": lambda size: "buy gold" + " " * (size - 8),
    "label, no price": lambda size: "buy gold " + "tp " * ((size - 9) // 3),
    "side by side": lambda size: "buy 1 " * (size // 6),
    "dashes": lambda size: "buy gold 1" + "-" * (size - 10),
    "colons": lambda size: ":a" * (size // 2),
    "labels and prices": lambda size: "sell gold sl 1 tp 2 3\n" * (size // 22),
    "one word in a signal": lambda size: "now " * 380 + "buy gold 4320 sl 4310 tp " * (size // 999),
    "unknown words in a signal": lambda size: (
        "buy gold 4320 sl 4310 tp 4330 " + "zz " * (size // 3)
    ),
    "mixed scripts": lambda size: "بيع𝗫٤①½" * (size // 7),
}


def main() -> None:
    """Print milliseconds a message for the corpus, and for hostile input of two sizes."""
    texts = _texts()
    times = sorted(_milliseconds(text) for text in texts)
    cuts = quantiles(times, n=100)
    lines = [
        f"{len(texts)} messages x {_ROUNDS}",
        f"p50 {cuts[49]:.3f} ms, p99 {cuts[98]:.3f} ms, longest {times[-1]:.3f} ms",
    ]
    for name, build in _HOSTILE.items():
        full, capped = _milliseconds(build(_WIDE)), _milliseconds(build(4096)[:4096])
        lines.append(f"{name:22} 64 KiB {full:7.3f} ms, 4096 characters {capped:7.3f} ms")
    sys.stdout.write("\n".join(lines) + "\n")


def _texts() -> list[str]:
    if not _CORPUS.is_dir():
        return list(_SAMPLE)
    lines = [
        line
        for name in ("messages.jsonl", "several_in_one.jsonl")
        for line in (_CORPUS / name).read_text(encoding="utf-8").splitlines()
    ]
    return [json.loads(line)["text"] for line in lines]


def _milliseconds(text: str) -> float:
    return median(_once(text) for _ in range(_ROUNDS)) / 1e6


def _once(text: str) -> int:
    start = process_time_ns()
    parse(text)
    return process_time_ns() - start


if __name__ == "__main__":
    main()
