"""The limits of Telegram hold, whatever is asked and however late the answers come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.limiter import CHAT_BURST, GROUP_PER_MINUTE, PER_SECOND, Limiter, Slot

GROUP = -100
CHAT = 42
MARGIN = 2


class HeldClock:
    """A clock that moves when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


def send(limiter: Limiter, chat_id: int, *, urgent: bool = False) -> bool:
    """Send if it may go now; the answer comes at once."""
    if limiter.delay(chat_id, urgent=urgent) > 0:
        return False
    limiter.answered(limiter.take(chat_id))
    return True


def test_a_chat_gets_a_burst_and_then_one_a_second() -> None:
    clock = HeldClock()
    limiter = Limiter(clock)
    assert sum(send(limiter, CHAT) for _ in range(10)) == CHAT_BURST
    assert limiter.delay(CHAT) == 1.0
    clock.seconds += 1
    assert [send(limiter, CHAT) for _ in range(2)] == [True, False]


def test_an_urgent_message_is_not_held_by_the_burst() -> None:
    limiter = Limiter(HeldClock())
    while send(limiter, CHAT):
        pass
    assert send(limiter, CHAT, urgent=True)


def test_places_are_kept_for_urgent_messages_but_the_limit_holds() -> None:
    limiter = Limiter(HeldClock())
    assert sum(send(limiter, chat) for chat in range(1, 100)) == PER_SECOND - MARGIN
    assert sum(send(limiter, chat, urgent=True) for chat in range(1, 100)) == MARGIN


def test_a_group_gets_twenty_a_minute_at_most() -> None:
    clock = HeldClock()
    limiter = Limiter(clock)
    sent = 0
    for _ in range(600):
        sent += send(limiter, GROUP)
        clock.seconds += 0.1
    assert sent == GROUP_PER_MINUTE - MARGIN
    assert sum(send(limiter, GROUP, urgent=True) for _ in range(5)) >= MARGIN


def test_a_send_without_an_answer_keeps_its_place() -> None:
    clock = HeldClock()
    limiter = Limiter(clock)
    slots = [limiter.take(chat) for chat in range(1, PER_SECOND + 1)]
    clock.seconds += 100
    assert limiter.delay(1000, urgent=True) > 0
    for slot in slots:
        limiter.answered(slot)
    assert limiter.delay(1000, urgent=True) == 1.0
    clock.seconds += 1
    assert limiter.delay(1000) == 0


def test_many_chats_are_forgotten_again() -> None:
    clock = HeldClock()
    limiter = Limiter(clock)
    for chat in range(1, 5000):
        clock.seconds += 1
        assert send(limiter, chat)
    assert len(limiter._chats) <= 1001  # noqa: SLF001


@given(
    st.lists(
        st.tuples(
            st.floats(0, 3),
            st.sampled_from([GROUP, GROUP - 1, *range(1, 40)]),
            st.booleans(),
            st.floats(0, 2),
            st.integers(1, 12),
        ),
        max_size=80,
    )
)
def test_no_window_ever_holds_too_many(steps: list[tuple[float, int, bool, float, int]]) -> None:
    """A request arrives somewhere between its send and its answer: both ends must be legal."""
    clock = HeldClock()
    limiter = Limiter(clock)
    arrived: list[tuple[float, int]] = []
    ended: list[tuple[float, int]] = []
    waiting: list[tuple[float, int, Slot]] = []
    for pause, chat_id, urgent, answer_in, burst in steps:
        clock.seconds += pause
        for item in [item for item in waiting if item[0] <= clock.seconds]:
            limiter.answered(item[2])
            waiting.remove(item)
            ended.append((clock.seconds, item[1]))
        for number in range(burst):
            chat = chat_id if chat_id < 0 else chat_id + number
            if limiter.delay(chat, urgent=urgent) == 0:
                slot = limiter.take(chat)
                arrived.append((clock.seconds, chat))
                waiting.append((clock.seconds + answer_in, chat, slot))
    limits_hold(arrived)
    limits_hold(ended)


def limits_hold(arrived: list[tuple[float, int]]) -> None:
    for at, _ in arrived:
        assert sum(at <= other < at + 1 for other, _ in arrived) <= PER_SECOND
    for group in (GROUP, GROUP - 1):
        times = [at for at, chat in arrived if chat == group]
        for at in times:
            assert sum(at <= other < at + 60 for other in times) <= GROUP_PER_MINUTE
