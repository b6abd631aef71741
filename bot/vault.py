"""Secrets at rest: AES-256-GCM under a key that is not in the database (NIST SP 800-38D)."""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trading.errors import VaultError

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class AesVault:
    """Seals under the first key and opens under any, so that a key can be changed."""

    def __init__(self, key: bytes, *earlier: bytes) -> None:
        """Take keys of 32 bytes; raise ``ValueError`` on any other length."""
        for one in (key, *earlier):
            if len(one) != KEY_BYTES:
                raise ValueError(f"the key has {len(one)} bytes, not {KEY_BYTES}")
        self._ciphers = [AESGCM(one) for one in (key, *earlier)]

    def seal(self, secret: str, context: str) -> bytes:
        """Return version, nonce and ciphertext; the context is authenticated, not stored."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, secret.encode(), context.encode())
        return _VERSION + nonce + sealed

    def open(self, sealed: bytes, context: str) -> str:
        """Return the secret; raise ``VaultError`` with another key, context or content."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _VERSION or len(nonce) != _NONCE_BYTES:
            raise VaultError("the stored password is damaged: remove the account and add it again")
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, body, context.encode()).decode()
            except (InvalidTag, UnicodeDecodeError):
                continue
        raise VaultError("the stored password was sealed with another key: set ACCOUNTS_KEY to it")


def key_from_text(text: str) -> bytes:
    """Return the key written as base64; raise ``ValueError`` on anything but 32 bytes."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("must be 32 bytes in base64: python -m bot key prints a new one")
    return key


def new_key() -> str:
    """Return a fresh random key as base64 text."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
