"""Sealed passwords: readable with the key and in their place, and in no other way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.vault import AesVault, key_from_text, new_key
from trading.errors import VaultError

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@given(st.text(max_size=200), st.text(max_size=50))
def test_what_is_sealed_opens_in_its_context(secret: str, bound: str) -> None:
    vault = AesVault(KEY)
    assert vault.open(vault.seal(secret, bound), bound) == secret


def test_a_seal_shows_nothing_and_never_repeats() -> None:
    vault = AesVault(KEY)
    first, second = vault.seal("hunter2", "a"), vault.seal("hunter2", "a")
    assert b"hunter2" not in first
    assert first != second


@pytest.mark.parametrize("place", range(0, 36, 5))
def test_an_altered_seal_is_refused(place: int) -> None:
    sealed = bytearray(AesVault(KEY).seal("hunter2", "a"))
    sealed[place] ^= 1
    with pytest.raises(VaultError):
        AesVault(KEY).open(bytes(sealed), "a")


def test_another_key_and_another_place_are_refused() -> None:
    sealed = AesVault(KEY).seal("hunter2", "terminal:1@A")
    with pytest.raises(VaultError, match="another key"):
        AesVault(OTHER).open(sealed, "terminal:1@A")
    with pytest.raises(VaultError):
        AesVault(KEY).open(sealed, "terminal:2@A")
    with pytest.raises(VaultError, match="damaged"):
        AesVault(KEY).open(b"", "terminal:1@A")


def test_a_new_key_opens_what_the_old_one_sealed() -> None:
    sealed = AesVault(KEY).seal("hunter2", "a")
    assert AesVault(OTHER, KEY).open(sealed, "a") == "hunter2"


def test_keys_are_thirty_two_bytes_in_base64() -> None:
    assert len(key_from_text(new_key())) == 32
    for bad in ("", "short", "AAAA", "not base64 at all!"):
        with pytest.raises(ValueError, match="32 bytes"):
            key_from_text(bad)
