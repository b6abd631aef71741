"""Buttons carry little, and what they carry always fits."""

import inspect

import pytest
from aiogram.filters.callback_data import CallbackData

from handlers import callbacks
from handlers.callbacks import (
    CapStep,
    ConfirmTap,
    Decide,
    EditCard,
    PickPosition,
    PositionTap,
    Refresh,
    RejectReason,
)

BIGGEST = 2**63 - 1
CLASSES = [
    kind
    for _, kind in inspect.getmembers(callbacks, inspect.isclass)
    if issubclass(kind, CallbackData) and kind is not CallbackData
]


def test_prefixes_are_unique() -> None:
    prefixes = [kind.__prefix__ for kind in CLASSES]
    assert len(prefixes) == len(set(prefixes)) >= 4


@pytest.mark.parametrize(
    "data",
    [
        Decide(approval_id=BIGGEST, decision="approve", revision=9999),
        EditCard(approval_id=BIGGEST),
        RejectReason(approval_id=BIGGEST, number=9),
        ConfirmTap(confirm_id=BIGGEST, yes=False),
        CapStep(account_id=BIGGEST, kind="trailing_balance", value="+99.99"),
        Refresh(what="positions"),
        Refresh(what=f"one-{BIGGEST}"),
        PositionTap(confirm_id=BIGGEST, yes=False),
        PickPosition(what=str(BIGGEST)),
    ],
)
def test_fits_and_comes_back(data: CallbackData) -> None:
    packed = data.pack()
    assert len(packed.encode()) <= 64
    assert type(data).unpack(packed) == data
