"""Metrics: every name documented, every event counted, a missing figure never an error."""

import json
import re
from pathlib import Path

import pytest

from bot.metrics import CATALOGUE, House, Metrics
from bot.resilience import Circuits
from tests.support.docs import METRICS, metrics_page
from tests.support.loop_desk import START, ManualClock
from trading.events import Event, EventType
from trading.loop import TradingLoop

ROOT = Path(__file__).resolve().parents[2]


def made() -> tuple[Metrics, Circuits]:
    clock = ManualClock()
    circuits = Circuits(clock)
    return Metrics(clock, circuits), circuits


def told(metrics: Metrics, event_type: EventType, **facts: str | int | float) -> None:
    metrics.listener(Event(event_type, START, "test", facts))


def read(metrics: Metrics, house: House | None = None) -> str:
    return metrics.text(TradingLoop({}, "test"), house or House()).decode()


@pytest.mark.parametrize("event_type", list(EventType))
def test_no_event_without_figures_breaks_the_loop(event_type: EventType) -> None:
    metrics, _ = made()
    told(metrics, event_type)
    assert f'desk_events_total{{event="{event_type.value}"}} 1.0' in read(metrics)


def test_a_trade_is_measured_from_signal_to_result() -> None:
    metrics, _ = made()
    told(metrics, EventType.SIGNAL_INGESTED, signal_id=1)
    told(metrics, EventType.SIGNAL_OFFERED, signal_id=1, approval_id=5)
    told(metrics, EventType.APPROVAL_DECIDED, signal_id=1, approval_id=5, status="approved")
    told(metrics, EventType.ORDER_SUBMITTED, signal_id=1, approval_id=5)
    told(
        metrics, EventType.ORDER_APPLIED, approval_id=5, purpose="entry", status="filled", send_ms=3
    )
    text = read(metrics)
    for name in ("signal_to_card", "tap_to_request", "tap_to_result", "send"):
        assert f"desk_{name}_seconds_count 1.0" in text
    assert 'desk_orders_total{purpose="entry",status="filled"} 1.0' in text


def test_what_never_ends_is_forgotten() -> None:
    metrics, _ = made()
    for number in range(5000):
        told(metrics, EventType.SIGNAL_INGESTED, signal_id=number)
    assert len(metrics._signals.at) <= 1024  # noqa: SLF001 - the memory it may take


def test_the_house_and_its_circuits_are_shown() -> None:
    metrics, circuits = made()
    circuits.of("backup").failed("no space")
    text = read(metrics, House(waiting=3, telegram_age=1.5, free_bytes=7, held="the disk is full"))
    for line in (
        "desk_outbox_waiting 3.0",
        "desk_telegram_age_seconds 1.5",
        "desk_disk_free_bytes 7.0",
        "desk_entries_held 1.0",
        'desk_circuit_failures{part="backup"} 1.0',
        'desk_circuit_open{part="backup"} 0.0',
    ):
        assert line in text


def test_every_metric_is_documented_and_the_page_is_up_to_date() -> None:
    assert METRICS.read_text(encoding="utf-8") == metrics_page()
    metrics, _ = made()
    registered = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in metrics.registry.collect()
        if family.name.startswith("desk_")
    }
    assert registered == set(CATALOGUE)


def test_the_dashboard_asks_only_for_what_there_is() -> None:
    dashboard = json.loads((ROOT / "docs" / "grafana.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    known = set(CATALOGUE) | {"process_resident_memory_bytes", "process_open_fds"}
    known |= {f"{name}_bucket" for name, (kind, *_) in CATALOGUE.items() if kind == "histogram"}
    names = {name for expr in asked for name in re.findall(r"\b(?:desk|process)_\w+", expr)}
    assert asked
    assert names <= known
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
