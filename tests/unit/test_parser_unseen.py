"""The parser on messages written by us in other channels' styles, never used to tune it by row."""

from tests.bench.score_parser import UNSEEN, rows_of, score


def test_unseen_messages_are_read_right_or_held() -> None:
    result = score(rows_of(UNSEEN))

    assert result.false == []
    assert result.wrong == []
    assert result.wrong_closes == []


def test_unseen_messages_are_covered() -> None:
    result = score(rows_of(UNSEEN))

    assert result.total["= all"] > 150
    assert result.right["= all"] >= 0.95 * result.total["= all"]
    assert result.kinds_found >= 0.9 * result.kinds_labelled
