"""Whatever a person types or is called, every answer is one Telegram takes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.entities import trimmed, utf16_length
from bot.sandbox.markup_html import parse_html
from handlers import guide, replies
from handlers.cards import render
from handlers.cards.dress import dress
from handlers.cards.text import fit, toast
from handlers.control import reply
from handlers.decided import decided_words as decided
from handlers.people import person, trail
from handlers.readers import reading
from handlers.texts import LANGUAGES
from tests.support.notices import BREACH, NOW
from trading.accounts import Asked, Done, Refused
from trading.alarms import AlarmView
from trading.audit import AuditLine
from trading.decisions import AlreadyDecided, FirstOfTwo
from trading.ids import ConfirmId, MemberId
from trading.model import ApprovalStatus, Member, Numbers, Reader, Role
from trading.notices import Digest, RightsChanged
from trading.people import Rights

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
nasty = st.sampled_from(
    ["<b>", "</pre>", "&lt;", "{name}", "%s", "\u202e", "\u05e9\u05dc", "\U0001f468\u200d", "\x00"]
)
typed = st.one_of(
    st.text(max_size=60),
    st.lists(st.one_of(nasty, st.text(max_size=5)), max_size=12).map("".join),
    st.builds(lambda one, times: one * times, nasty, st.integers(1, 5000)),
)
names = typed.map(lambda text: text[:64] or "x")
readers = st.builds(
    Reader,
    st.sampled_from([*LANGUAGES, "xx", ""]),
    st.sampled_from(["UTC", "Asia/Kathmandu", "Europe/Madrid", "nowhere"]),
    st.sampled_from(Numbers),
)


def accepted(html: str) -> str:
    """Return the text as the chat shows it; the sandbox refuses what Telegram refuses."""
    shown = trimmed(parse_html(html)).text
    assert 1 <= utf16_length(shown) <= 4096
    return shown


@settings(deadline=None)
@given(typed, st.sampled_from(Role))
def test_help_on_anything(text: str, role: Role) -> None:
    accepted(guide.answer(text, role))


@settings(deadline=None)
@given(typed)
def test_a_service_may_quote_anything(text: str) -> None:
    for answer in (Done(f"“{text}”"), Refused(f"“{text}”"), Asked(ConfirmId(1), f"“{text}”")):
        html, _ = reply(answer)
        accepted(fit(html))
        assert utf16_length(toast(answer.words)) <= 200
    accepted(replies.held(text))


@settings(deadline=None)
@given(names, typed, readers)
def test_a_name_and_a_detail_in_every_list(name: str, detail: str, by: Reader) -> None:
    with reading(by):
        member = Member(MemberId(1), 1002, name, Role.TRADER, reachable=False)
        rights = Rights(member, None, ((name, Role.OWNER), (name, Role.VIEWER)), by_settings=True)
        accepted(person(rights))
        lines = [AuditLine(number, AT, name, name, "cap_changed", detail) for number in range(10)]
        accepted(trail(lines))


@settings(deadline=None)
@given(names, readers, st.integers(1, 40), st.integers(1, 10**6))
def test_a_digest_and_an_alarm_full_of_names(
    name: str, by: Reader, items: int, repeats: int
) -> None:
    changed = RightsChanged(name, 1002, Role.TRADER, name, name)
    digest = Digest(AT, (changed, BREACH) * items, 5)
    alarm = AlarmView(1, AT, 3, (name,) * 5, None, None, over=False)
    seen = AlarmView(1, AT, 3, (), name, AT, over=True)
    with reading(by):
        for notice in (changed, digest):
            for state in (alarm, seen):
                card = dress(
                    render(notice, NOW),
                    NOW,
                    repeats=repeats,
                    first_at=AT,
                    last_at=AT + timedelta(minutes=5),
                    alarm=state,
                )
                accepted(card.text)


@settings(deadline=None)
@given(names)
def test_a_toast_names_anyone(name: str) -> None:
    for result in (AlreadyDecided(ApprovalStatus.APPROVED, name, AT), FirstOfTwo(name)):
        assert utf16_length(toast(decided(result))) <= 200
