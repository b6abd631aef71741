"""Where the loop says what it did: canonical log lines, events and counters."""

import logging
from collections import Counter
from collections.abc import Iterable

from trading.clock import Clock
from trading.events import Event, EventType, Listener

log = logging.getLogger("desk")


class Reporter:
    """Hands events to whoever listens; a listener never breaks the loop's state."""

    def __init__(self, clock: Clock, loop_id: str, listeners: Iterable[Listener] = ()) -> None:
        self._clock = clock
        self.loop_id = loop_id
        self._listeners = tuple(listeners)
        self.counts: Counter[EventType] = Counter()

    def event(self, event_type: EventType, **metadata: str | int | float) -> None:
        """Report one thing that happened, with its figures."""
        self.counts[event_type] += 1
        level = logging.DEBUG if event_type is EventType.PASS_DONE else logging.INFO
        log.log(level, event_type.value, extra={"facts": metadata})
        if self._listeners:
            event = Event(event_type, self._clock.now(), self.loop_id, metadata)
            for listener in self._listeners:
                try:
                    listener(event)
                except Exception:  # whoever counts must never stop who closes
                    log.exception("a listener failed", extra={"facts": {"event": event_type.value}})
