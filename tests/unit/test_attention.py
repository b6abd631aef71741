"""What may sound when: a person's wishes, their zone's night, and what ignores both."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.notices import EVERY
from trading.alarms import ESCALATE, how_many, next_ring
from trading.attention import (
    EVENTS,
    OTHER,
    Attention,
    Drop,
    Hold,
    Level,
    Quiet,
    Sound,
    event_of,
    judge,
    parse_quiet,
    parse_span,
    zone_of,
)
from trading.model import Reader
from trading.notices import Priority

NIGHT = Quiet(22 * 60, 7 * 60)
DIGEST = Quiet(22 * 60, 7 * 60, digest=True)
BERLIN = Reader(zone="Europe/Berlin")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)

wishes = st.builds(
    Attention,
    levels=st.dictionaries(st.sampled_from((*EVENTS, OTHER)), st.sampled_from(Level)),
    quiet=st.none() | st.builds(Quiet, st.integers(0, 1439), st.integers(0, 1439), st.booleans()),
    muted_until=st.none() | st.just(NOON + timedelta(days=1)),
)
instants = st.timedeltas(timedelta(0), timedelta(days=365)).map(lambda span: NOON + span)


@given(wishes, instants, st.sampled_from([one.kind for one in EVERY]))
def test_nothing_critical_is_ever_held_dropped_or_silenced(
    attention: Attention, now: datetime, kind: str
) -> None:
    assert judge(kind, Priority.CRITICAL, attention, now) == Sound(silent=False)


@given(wishes, instants, st.sampled_from([one.kind for one in EVERY]))
def test_a_change_of_what_the_chat_shows_is_never_kept_from_it(
    attention: Attention, now: datetime, kind: str
) -> None:
    found = judge(kind, Priority.INFO, attention, now, shown=True)
    assert isinstance(found, Sound)


def test_each_level_does_what_it_says() -> None:
    for level, expected in (
        (Level.ON, Sound(silent=False)),
        (Level.SILENT, Sound(silent=True)),
        (Level.OFF, Drop()),
    ):
        attention = Attention(levels={"positions": level})
        assert judge("position_closed", Priority.DECISION, attention, NOON) == expected
        assert judge("started", Priority.DECISION, attention, NOON) == Sound(silent=False)


def test_a_mute_ends() -> None:
    attention = Attention(muted_until=NOON + timedelta(hours=1))
    for after, silent in ((0, True), (59, True), (60, False)):
        now = NOON + timedelta(minutes=after)
        assert judge("started", Priority.INFO, attention, now) == Sound(silent=silent)


@pytest.mark.parametrize(
    ("at", "silent"), [("20:59", False), ("21:00", True), ("05:59", True), ("06:00", False)]
)
def test_the_night_is_the_persons_own(at: str, silent: bool) -> None:
    hour, minute = map(int, at.split(":"))
    now = NOON.replace(hour=hour, minute=minute)
    attention = Attention(BERLIN, quiet=NIGHT)
    assert judge("started", Priority.INFO, attention, now) == Sound(silent=silent)


def test_a_digest_waits_for_the_morning_but_a_question_does_not() -> None:
    attention = Attention(BERLIN, quiet=DIGEST)
    found = judge("position_closed", Priority.DECISION, attention, MIDNIGHT)
    assert isinstance(found, Hold)
    assert found.until.astimezone(UTC) == datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
    asked = judge("approval_card", Priority.DECISION, attention, MIDNIGHT, passes=True)
    assert asked == Sound(silent=True)


def test_the_morning_of_a_changed_clock_is_still_seven() -> None:
    spring = datetime(2026, 3, 28, 23, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    ends = DIGEST.ends(spring)
    assert ends is not None
    assert ends.astimezone(UTC) == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)


@given(st.integers(0, 1439), st.integers(0, 1439), instants)
def test_quiet_ends_in_the_future_within_a_day_and_then_it_is_over(
    start: int, end: int, now: datetime
) -> None:
    if start == end:
        return
    quiet = Quiet(start, end)
    ends = quiet.ends(now)
    if ends is not None:
        assert now - timedelta(minutes=1) < ends <= now + timedelta(days=1)
        assert quiet.ends(ends) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22:00-07:00", NIGHT),
        ("22-7", NIGHT),
        ("9:30-9:45", Quiet(570, 585)),
        ("22:00", None),
        ("22:00-22:00", None),
        ("24:00-07:00", None),
        ("22:60-07:00", None),
        ("a-b", None),
        ("-", None),
        ("٢٢-7", None),
    ],
)
def test_hours_as_they_are_typed(text: str, expected: Quiet | None) -> None:
    assert parse_quiet(text) == expected


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90m", 90), ("2h", 120), ("1d", 1440), ("7d", 10080)]
    + [(bad, None) for bad in ("8d", "0h", "h", "2", "-2h", "2x", "", "99999999h", "²h")],
)
def test_a_length_of_time_as_it_is_typed(text: str, minutes: int | None) -> None:
    expected = None if minutes is None else timedelta(minutes=minutes)
    assert parse_span(text) == expected


def test_an_unknown_zone_reads_as_utc() -> None:
    assert zone_of("Mars/Olympus").key == "UTC"
    assert zone_of("../etc/passwd").key == "UTC"


def test_every_kind_of_notice_has_an_event_and_a_name_for_it() -> None:
    known = {kind for kinds in EVENTS.values() for kind in kinds}
    assert known == {one.kind for one in EVERY} - {"digest"}, "give every kind its event"
    assert event_of("a kind of the future") == OTHER


def test_the_ringing_slows_down_and_reaches_everyone() -> None:
    lengths = [next_ring(number) for number in range(10)]
    assert lengths == sorted(lengths)
    assert lengths[0] == timedelta(minutes=2)
    assert lengths[-1] == timedelta(minutes=15)
    assert [how_many(NOON, NOON + ESCALATE * step, 3) for step in range(5)] == [1, 2, 3, 3, 3]
