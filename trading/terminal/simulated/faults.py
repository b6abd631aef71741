"""Faults on request: rules from a JSON file, counted across restarts of the process.

The file holds a list and is read again whenever its modification time changes. A rule names a
``kind`` and, for the kinds that befall one call, the ``call`` (``"*"`` for any; order_send where
left out). ``after`` skips that many matching calls, ``times`` limits how often, ``probability``
makes it a matter of (seeded) chance, ``id`` keeps the counts when the file is rewritten.

======================  ===============================================================
kind                    effect
======================  ===============================================================
delay, hang             sleep ``seconds`` (default 1, 600), then answer as usual
none                    None (False) with ``code`` (default -10004), nothing executed
die                     end the process, nothing executed
execute_then_hang       book, then sleep ``seconds``
execute_then_none       book, then None with ``code`` (default -10005)
execute_then_die        book, then end the process
late_book               answer 10012 now, book ``seconds`` (default 5) later
requote                 answer 10004
retcode                 answer ``retcode``, nothing executed
partial                 fill ``fraction`` (default 0.5) of a market order, answer 10010
disconnected            connected is False, nothing moves, requests answer 10031
autotrading_off         trade_allowed is False, requests answer 10027
freeze_quotes           nothing moves
equity_zero, equity_nan account_info says so
wrong_login             account_info says another ``login`` (default 9999999)
symbol                  ``set`` fields of the terms of ``symbol``, as ``{"trade_mode": 3}``
account                 ``set`` is_account_tradable, is_expert_allowed, is_fifo,
                        is_hedging_prohibited, most_orders, most_positions
======================  ===============================================================

``{"admin": ...}`` lines are not faults: see the ``admin`` module.
"""

import json
import random
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trading.terminal.simulated import clock

CALL_KINDS = (
    "delay", "hang", "none", "die", "execute_then_hang", "execute_then_none", "execute_then_die",
    "late_book", "requote", "retcode", "partial",
)  # fmt: skip
STATE_KINDS = (
    "disconnected", "autotrading_off", "freeze_quotes", "equity_zero", "equity_nan", "wrong_login",
    "symbol", "account",
)  # fmt: skip
_SETTLING_MS = 1000
DEFAULT_CALL = "order_send"

Rule = dict[str, Any]


class FaultsUnreadable(Exception):  # noqa: N818 - names the state of the file
    """The file of faults does not say what to do, in words for the person who wrote it."""


@dataclass
class Strikes:
    """What befalls one call: the states in force and at most one fault."""

    rule: Rule | None = None
    states: dict[str, list[Rule]] = field(default_factory=dict)

    def has(self, kind: str) -> bool:
        """Return whether a state is in force."""
        return kind in self.states

    def is_a(self, *kinds: str) -> bool:
        """Return whether the fault of this call is of one of these kinds."""
        return self.rule is not None and self.rule["kind"] in kinds

    def value(self, name: str, default: Any) -> Any:
        """Return a setting of the fault of this call."""
        return default if self.rule is None else self.rule.get(name, default)


class Faults:
    """The rules in force; without a file there are none."""

    def __init__(self, path: Path | None, seed: int) -> None:
        self._path = path
        self._seed = seed
        self._seen: list[int] = []
        self._rules: list[Rule] = []
        self.admin: list[Rule] = []
        """Instructions of the file, done or not."""
        self._counts: dict[str, list[int]] = {}

    def strike(self, call: str) -> Strikes:
        """Return what befalls this call, and count it."""
        strikes = Strikes()
        if self._path is None:
            return strikes
        self._refresh(self._path)
        has_counted = False
        for index, rule in enumerate(self._rules):
            kind = rule["kind"]
            is_state = kind in STATE_KINDS
            if rule.get("call", "*" if is_state else DEFAULT_CALL) not in ("*", call):
                continue
            if not is_state and strikes.rule is not None:
                continue
            has_counted = True
            if not self._hits(rule, str(rule.get("id", index))):
                continue
            if is_state:
                strikes.states.setdefault(kind, []).append(rule)
            else:
                strikes.rule = rule
        if has_counted and self._needs_counts():
            self._save()
        return strikes

    def _hits(self, rule: Rule, key: str) -> bool:
        counts = self._counts.setdefault(key, [0, 0])
        counts[0] += 1
        if counts[0] <= rule.get("after", 0) or counts[1] >= rule.get("times", counts[1] + 1):
            return False
        chance = random.Random(f"{self._seed}:{key}:{counts[0]}").random()  # noqa: S311 - a test's dice
        if chance >= rule.get("probability", 1.0):
            return False
        counts[1] += 1
        return True

    def _needs_counts(self) -> bool:
        return any(rule.keys() & {"after", "times", "probability"} for rule in self._rules)

    def _refresh(self, path: Path) -> None:
        try:
            mtime = path.stat().st_mtime_ns
        except FileNotFoundError:
            self._rules, self.admin, self._seen = [], [], []
            return
        # A file system's clock may tick so seldom that two versions share a time.
        is_settled = clock.wall_ms() - mtime // 1_000_000 > _SETTLING_MS
        if is_settled and self._seen[:1] == [mtime]:
            return
        text = path.read_text("utf-8")
        seen = [mtime, zlib.crc32(text.encode())]
        if seen == self._seen:
            return
        self._rules, self.admin = _read(path, text)
        saved = {"counts": self._counts} if self._counts else self._saved()
        self._seen, self._counts = seen, saved.get("counts", {})
        if saved.get("seen") != seen:
            named = {str(rule["id"]) for rule in self._rules if "id" in rule}
            self._counts = {key: pair for key, pair in self._counts.items() if key in named}

    def _saved(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._side_file.read_text("utf-8")))
        except FileNotFoundError:
            return {}

    def _save(self) -> None:
        text = json.dumps({"seen": self._seen, "counts": self._counts})
        fresh = self._side_file.with_suffix(".new")
        fresh.write_text(text, "utf-8")
        fresh.replace(self._side_file)

    @property
    def _side_file(self) -> Path:
        assert self._path is not None
        return self._path.with_name(self._path.name + ".counts")


def _read(path: Path, text: str) -> tuple[list[Rule], list[Rule]]:
    try:
        lines = json.loads(text or "[]")
    except ValueError as error:
        raise FaultsUnreadable(f"faults file {path}: {error}") from error
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise FaultsUnreadable(f"faults file {path}: not a list of objects")
    rules = [line for line in lines if "admin" not in line]
    for rule in rules:
        if rule.get("kind") not in CALL_KINDS + STATE_KINDS:
            raise FaultsUnreadable(f"faults file {path}: unknown kind in {json.dumps(rule)}")
    return rules, [line for line in lines if "admin" in line]
