"""Retries double up to a longest pause, end where somebody waits, and what stays broken is open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.resilience import CALLING, POLLING, SENDING, Circuit, Circuits, CircuitState, Policy
from tests.support.loop_desk import ManualClock


@given(st.sampled_from([CALLING, POLLING, SENDING]), st.integers(1, 10_000))
def test_a_pause_never_exceeds_the_longest_and_never_falls_under_the_first(
    policy: Policy, failures: int
) -> None:
    assert policy.first <= policy.pause(failures) <= policy.longest


def test_pauses_double() -> None:
    steady = Policy(first=1.0, longest=60.0, jitter=0.0)
    assert [steady.pause(n) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_call_that_somebody_waits_for_ends_with_the_last_error() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def call() -> None:
        attempts.append(1)
        raise ConnectionError

    attempts: list[int] = []
    brief = Policy(first=0.1, longest=0.2, jitter=0.0, end=0.0)
    with pytest.raises(ConnectionError):
        await brief.retrying(ConnectionError, sleep=sleep)(call)
    assert attempts == [1]
    assert slept == []


async def test_an_error_that_is_not_named_is_not_retried() -> None:
    async def call() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await CALLING.retrying(ConnectionError)(call)


def test_a_circuit_opens_after_its_limit_and_closes_at_the_first_success() -> None:
    clock = ManualClock()
    circuit = Circuit("ping", clock, 20.0)
    seen = [circuit.state]
    circuit.failed("no route")
    began = circuit.since
    for seconds in (0, 19, 1, 100):
        clock.advance(seconds)
        seen.append(circuit.state)
        circuit.failed("no route")
    assert seen == [
        CircuitState.CLOSED,
        CircuitState.HALF_OPEN,
        CircuitState.HALF_OPEN,
        CircuitState.OPEN,
        CircuitState.OPEN,
    ]
    assert (circuit.since, circuit.failures) == (began, 5)
    circuit.succeeded()
    assert (circuit.state, circuit.since, circuit.why) == (CircuitState.CLOSED, None, "")


def test_circuits_are_made_once() -> None:
    circuits = Circuits(ManualClock())
    assert circuits.of("a") is circuits.of("a")
    assert [one.name for one in circuits.all()] == ["a"]
