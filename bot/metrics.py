"""Prometheus metrics: counters fed by the loop's events, gauges read when asked."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from trading.clock import Clock
from trading.events import Event, EventType
from trading.loop import TradingLoop

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)


class Metrics:
    """The desk's metrics in a registry of their own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.registry = CollectorRegistry()
        self._events = Counter(
            "desk_events", "What the trading loop did.", ["event"], registry=self.registry
        )
        self._orders = Counter(
            "desk_orders",
            "Orders by purpose and status.",
            ["purpose", "status"],
            registry=self.registry,
        )
        self._decisions = Counter(
            "desk_decisions", "Members' decisions.", ["status"], registry=self.registry
        )
        self._send = Histogram(
            "desk_send_seconds",
            "From intent to the broker's answer.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._equity = self._gauge("equity", "Own equity in account currency.")
        self._room = self._gauge("drawdown_room", "Money above the highest floor.")
        self._positions = self._gauge("positions", "Open positions.")
        self._pass_age = self._gauge("pass_age_seconds", "Age of the last good pass.")
        self._outbox = Gauge("desk_outbox_waiting", "Messages that wait.", registry=self.registry)

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(f"desk_{name}", words, ["account"], registry=self.registry)

    def listener(self, event: Event) -> None:
        """Count an event of the loop."""
        self._events.labels(event.event_type.value).inc()
        facts = event.metadata
        if event.event_type is EventType.APPROVAL_DECIDED:
            self._decisions.labels(str(facts["status"])).inc()
        if event.event_type in {EventType.ORDER_APPLIED, EventType.ORDER_UNRESOLVED}:
            self._orders.labels(str(facts["purpose"]), str(facts["status"])).inc()
            self._send.observe(float(facts["send_ms"]) / 1000)

    def text(self, loop: TradingLoop, waiting: int) -> bytes:
        """Return everything in Prometheus' text format."""
        self._outbox.set(waiting)
        for one in loop.loops.values():
            beat = one.beat()
            if beat.equity is not None:
                self._equity.labels(beat.account).set(float(beat.equity))
            if beat.room is not None:
                self._room.labels(beat.account).set(float(beat.room))
            self._positions.labels(beat.account).set(beat.positions_open)
            self._pass_age.labels(beat.account).set(one.pass_age)
        return generate_latest(self.registry)
