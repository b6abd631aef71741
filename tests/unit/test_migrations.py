"""The steps of the schema: numbered without a gap, so that every file passes each of them once."""

from storage.migrate import migrations


def test_every_step_has_a_number_of_its_own_and_none_is_missing() -> None:
    numbers = [number for number, _ in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
