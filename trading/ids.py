"""Identifiers: the row ids we store and the order id we mint."""

import secrets
from base64 import b32encode
from typing import NewType

MemberId = NewType("MemberId", int)
AccountId = NewType("AccountId", int)
SignalId = NewType("SignalId", int)
ApprovalId = NewType("ApprovalId", int)
OrderId = NewType("OrderId", int)
RuleId = NewType("RuleId", int)
ConfirmId = NewType("ConfirmId", int)
ClientOrderId = NewType("ClientOrderId", int)
Ticket = NewType("Ticket", int)
"""A number the broker gave: of an order, a deal or a position."""

_DEPLOYMENT_TAG = 0x5442  # "TB": 15 bits that mark an order as this program's
_RANDOM_BITS = 48


def mint_client_order_id() -> ClientOrderId:
    """Return a fresh id: 48 random bits under our tag, a positive 64-bit MetaTrader magic."""
    return ClientOrderId(_DEPLOYMENT_TAG << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS))


def is_ours(magic: int) -> bool:
    """Tell whether a magic was minted by this program."""
    return magic >> _RANDOM_BITS == _DEPLOYMENT_TAG


def order_comment(client_order_id: ClientOrderId) -> str:
    """Return a hint for people, within the 26 safe characters a broker keeps (never a key)."""
    digits = b32encode(client_order_id.to_bytes(8, "big")).decode().rstrip("=").lower()
    return f"tb-{digits}"
