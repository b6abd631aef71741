"""The parser on messages labelled before it read them, round by round; see tests/corpus/README.md.

Once a round was read its faults were mended, so only its first reading, as the README states it,
says how the parser does on messages it has never seen. What is kept here is that none comes back.
"""

from tests.bench.score_parser import HELD_OUT, rows_of, score


def test_held_out_messages_are_read_right_or_held() -> None:
    result = score(rows_of(HELD_OUT))

    assert result.false == []
    assert result.wrong == []
    assert result.wrong_closes == []


def test_held_out_messages_are_covered() -> None:
    result = score(rows_of(HELD_OUT))

    assert result.right["= all"] >= 0.9 * result.total["= all"]
    assert result.kinds_found >= 0.9 * result.kinds_labelled
