"""The scan finds what a person would be ashamed to publish, and never repeats it."""

import pytest

from tests.support.audit import scan, secrets_in

TOKEN = "123456789:" + "AAE" + "x" * 32


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.py", f"x = 1\ntoken = '{TOKEN}'\n", "a bot token"),
        ("b.pem", "-----BEGIN " + "PRIVATE KEY-----\n", "a private key"),
        (".env.example", "SIGNAL_" + "SECRET=hunter2\n", "a value in an example of settings"),
    ],
)
def test_a_secret_is_found_by_kind_and_line(name: str, text: str, kind: str) -> None:
    (found,) = secrets_in(name, text)
    assert found.startswith(f"{name}:")
    assert found.endswith(kind)
    assert TOKEN not in found


def test_nothing_of_ours_is_a_secret() -> None:
    assert secrets_in(".env.example", "TELEGRAM_TOKEN=\n") == []
    assert scan() == []
