"""Prometheus metrics: counters fed by the loop's events, gauges read when asked.

Every name is in ``CATALOGUE`` with what it means; docs/metrics.md is written from it.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from bot.resilience import Circuits, CircuitState
from storage.nightly import age_seconds
from trading.clock import Clock
from trading.events import Event, EventType
from trading.loop import AccountLoop, TradingLoop

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60)
_REMEMBERED = 1024
"""Taps and signals whose beginning is kept until their end is measured."""

CATALOGUE: Final[Mapping[str, tuple[str, tuple[str, ...], str]]] = {
    "desk_events_total": ("counter", ("event",), "Everything the loop reports, by event"),
    "desk_signals_total": ("counter", (), "Signals taken in"),
    "desk_decisions_total": ("counter", ("status",), "Members' decisions"),
    "desk_denials_total": ("counter", ("reason",), "Approved entries that our own checks refused"),
    "desk_orders_total": ("counter", ("purpose", "status"), "Answered orders by what came of them"),
    "desk_breaches_total": ("counter", (), "Drawdown caps reached"),
    "desk_passes_failed_total": ("counter", (), "Passes that could not see or act"),
    "desk_heartbeats_total": ("counter", (), "Beats of the heart"),
    "desk_signal_to_card_seconds": (
        "histogram",
        (),
        "From the stored signal to its worked-out card",
    ),
    "desk_tap_to_request_seconds": (
        "histogram",
        (),
        "From the stored approval to the stored intent",
    ),
    "desk_tap_to_result_seconds": (
        "histogram",
        (),
        "From the stored approval to the stored result",
    ),
    "desk_send_seconds": ("histogram", (), "From intent to the broker's answer"),
    "desk_pass_seconds": ("histogram", (), "One pass over one account"),
    "desk_equity": ("gauge", ("account",), "Own equity in account currency"),
    "desk_drawdown_room": ("gauge", ("account",), "Money above the highest floor"),
    "desk_drawdown_percent": ("gauge", ("account",), "Drawdown from entry equity"),
    "desk_positions": ("gauge", ("account",), "Open positions"),
    "desk_orders_in_flight": ("gauge", ("account",), "Intents that are not finished"),
    "desk_halted": ("gauge", ("account",), "1 while a cap or a person has halted it"),
    "desk_blind": ("gauge", ("account",), "1 while the account cannot be judged"),
    "desk_pass_age_seconds": ("gauge", ("account",), "Age of the last good pass"),
    "desk_terminal_up": ("gauge", ("account",), "1 while the terminal's worker answers"),
    "desk_terminal_round_trip_seconds": ("gauge", ("account",), "The last call to the worker"),
    "desk_terminal_restarts": ("gauge", ("account",), "Reconnects: how often it was replaced"),
    "desk_outbox_waiting": ("gauge", (), "Messages that wait"),
    "desk_outbox_age_seconds": ("gauge", (), "Age of the oldest message that waits"),
    "desk_telegram_age_seconds": ("gauge", (), "Since Telegram last answered for updates"),
    "desk_circuit_open": ("gauge", ("part",), "1 while a part fails past its limit"),
    "desk_circuit_failures": ("gauge", ("part",), "Failures in a row"),
    "desk_event_loop_lag_seconds": ("gauge", (), "How late the event loop last turned"),
    "desk_backup_age_seconds": ("gauge", (), "Age of the last nightly copy"),
    "desk_disk_free_bytes": ("gauge", (), "Free on the disk of the database"),
    "desk_entries_held": ("gauge", (), "1 while the house holds entries"),
}


@dataclass(frozen=True, slots=True)
class House:
    """What is asked of the house when metrics are read."""

    waiting: int = 0
    oldest: datetime | None = None
    """When the oldest message that waits was written."""
    telegram_age: float | None = None
    event_loop_lag: float = 0.0
    backup_at: datetime | None = None
    free_bytes: int | None = None
    held: str = ""


@dataclass(slots=True)
class _Begun:
    """When something began, by its id; the oldest are forgotten first."""

    at: OrderedDict[object, float] = field(default_factory=OrderedDict)

    def begin(self, key: object) -> None:
        self.at[key] = time.perf_counter()
        while len(self.at) > _REMEMBERED:
            self.at.popitem(last=False)

    def since(self, key: object, *, ends: bool = True) -> float | None:
        began = self.at.pop(key, None) if ends else self.at.get(key)
        return None if began is None else time.perf_counter() - began


class Metrics:
    """The desk's metrics in a registry of their own."""

    def __init__(self, clock: Clock, circuits: Circuits | None = None) -> None:
        self._clock = clock
        self._circuits = circuits or Circuits(clock)
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for name, (kind, labels, words) in CATALOGUE.items():
            self._register(name, kind, labels, words)
        self._signals, self._taps = _Begun(), _Begun()
        self._listeners: dict[EventType, Callable[[Event], None]] = {
            EventType.SIGNAL_INGESTED: self._ingested,
            EventType.SIGNAL_OFFERED: self._offered,
            EventType.APPROVAL_DECIDED: self._decided,
            EventType.ORDER_DENIED: self._denied,
            EventType.ORDER_SUBMITTED: self._submitted,
            EventType.ORDER_APPLIED: self._applied,
            EventType.ORDER_UNRESOLVED: self._applied,
            EventType.DRAWDOWN_BREACHED: lambda _: self._counters["desk_breaches_total"].inc(),
            EventType.PASS_FAILED: lambda _: self._counters["desk_passes_failed_total"].inc(),
            EventType.HEARTBEAT: lambda _: self._counters["desk_heartbeats_total"].inc(),
            EventType.PASS_DONE: self._passed,
        }

    def _register(self, name: str, kind: str, labels: tuple[str, ...], words: str) -> None:
        if kind == "counter":
            plain = name.removesuffix("_total")
            self._counters[name] = Counter(plain, words, labels, registry=self.registry)
        elif kind == "gauge":
            self._gauges[name] = Gauge(name, words, labels, registry=self.registry)
        else:
            self._histograms[name] = Histogram(
                name, words, labels, registry=self.registry, buckets=_BUCKETS
            )

    def listener(self, event: Event) -> None:
        """Count an event of the loop; one that lacks a figure is counted without it."""
        self._counters["desk_events_total"].labels(event.event_type.value).inc()
        more = self._listeners.get(event.event_type)
        if more is not None:
            more(event)

    def _ingested(self, event: Event) -> None:
        self._counters["desk_signals_total"].inc()
        self._signals.begin(event.metadata.get("signal_id"))

    def _offered(self, event: Event) -> None:
        took = self._signals.since(event.metadata.get("signal_id"))
        self._observe("desk_signal_to_card_seconds", took)

    def _decided(self, event: Event) -> None:
        status = str(event.metadata.get("status", ""))
        self._counters["desk_decisions_total"].labels(status).inc()
        if status == "approved":
            self._taps.begin(event.metadata.get("approval_id"))

    def _denied(self, event: Event) -> None:
        self._counters["desk_denials_total"].labels(str(event.metadata.get("reason", ""))).inc()
        self._taps.since(event.metadata.get("approval_id"))

    def _submitted(self, event: Event) -> None:
        took = self._taps.since(event.metadata.get("approval_id"), ends=False)
        self._observe("desk_tap_to_request_seconds", took)

    def _applied(self, event: Event) -> None:
        facts = event.metadata
        status = str(facts.get("status") or facts.get("outcome", "")).lower()
        self._counters["desk_orders_total"].labels(str(facts.get("purpose", "")), status).inc()
        sent = facts.get("send_ms")
        self._observe("desk_send_seconds", None if sent is None else float(sent) / 1000)
        self._observe("desk_tap_to_result_seconds", self._taps.since(facts.get("approval_id")))

    def _passed(self, event: Event) -> None:
        took = event.metadata.get("took_ms")
        self._observe("desk_pass_seconds", None if took is None else float(took) / 1000)

    def _observe(self, name: str, seconds: float | None) -> None:
        if seconds is not None:
            self._histograms[name].observe(seconds)

    def text(self, loop: TradingLoop, house: House) -> bytes:
        """Return everything in Prometheus' text format."""
        for one in loop.loops.values():
            self._account(one)
        self._house(house)
        for circuit in self._circuits.all():
            is_open = circuit.state is CircuitState.OPEN
            self._gauges["desk_circuit_open"].labels(circuit.name).set(is_open)
            self._gauges["desk_circuit_failures"].labels(circuit.name).set(circuit.failures)
        return generate_latest(self.registry)

    def _account(self, one: AccountLoop) -> None:
        beat = one.beat()
        state = getattr(one.terminal, "state", None)
        round_trip = getattr(state, "round_trip_ms", None)
        values = {
            "desk_equity": beat.equity,
            "desk_drawdown_room": beat.room,
            "desk_drawdown_percent": beat.drawdown_percent,
            "desk_positions": beat.positions_open,
            "desk_orders_in_flight": beat.orders_in_flight,
            "desk_halted": beat.trading_state.value == "halted",
            "desk_blind": one.blind,
            "desk_pass_age_seconds": one.pass_age,
            "desk_terminal_up": getattr(state, "up_since", None) is not None,
            "desk_terminal_round_trip_seconds": None if round_trip is None else round_trip / 1000,
            "desk_terminal_restarts": getattr(state, "restarts", None),
        }
        for name, value in values.items():
            if value is not None:
                self._gauges[name].labels(beat.account).set(float(value))

    def _house(self, house: House) -> None:
        now = self._clock.now()
        values = {
            "desk_outbox_waiting": float(house.waiting),
            "desk_outbox_age_seconds": age_seconds(house.oldest, now) or 0.0,
            "desk_telegram_age_seconds": house.telegram_age,
            "desk_event_loop_lag_seconds": house.event_loop_lag,
            "desk_backup_age_seconds": age_seconds(house.backup_at, now),
            "desk_disk_free_bytes": house.free_bytes,
            "desk_entries_held": float(bool(house.held)),
        }
        for name, value in values.items():
            if value is not None:
                self._gauges[name].set(float(value))
