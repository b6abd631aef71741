"""Signs of life: the desk's people see the desk's account, a member their own."""

from pathlib import Path

from tests.support.rights_desk import SECOND_LOGIN, rights_desk
from trading.heartbeat import HeartbeatService


async def test_a_member_sees_the_life_of_their_own_account_and_of_no_other(tmp_path: Path) -> None:
    async with rights_desk(tmp_path) as desk:
        heartbeat = desk.dispatcher["heartbeat"]
        assert isinstance(heartbeat, HeartbeatService)
        for _ in range(6):
            await heartbeat.beat()
            desk.desk.clock.advance(10)
        rows = await desk.desk.rows(
            "SELECT chat_id, revision, body_json FROM outbox WHERE kind = 'heartbeat'"
        )
        first = desk.places[0].login
        by_chat = {row["chat_id"]: row for row in rows}
        assert set(by_chat) == {7, 71, 72, 90} | {81, 82, 83}
        for chat, row in by_chat.items():
            own, other = (SECOND_LOGIN, first) if chat in {81, 82, 83} else (first, SECOND_LOGIN)
            if chat == 90:  # a viewer of both has a message for each
                continue
            assert str(own) in row["body_json"]
            assert str(other) not in row["body_json"]
        assert by_chat[7]["revision"] == 6
        assert by_chat[81]["revision"] == 1, "a member's is refreshed once a minute"
