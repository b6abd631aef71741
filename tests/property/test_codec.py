"""Frames survive any cut, and garbage is refused rather than crashed on."""

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.depth import examples
from trading.errors import ProtocolError
from trading.terminal.codec import (
    MAX_FRAME,
    Answer,
    FrameReader,
    WireError,
    answer_id,
    decode_answer,
    encode_request,
    frame,
)
from trading.terminal.messages import read_number

BODIES = st.lists(st.binary(max_size=300), max_size=8)
IDS = st.integers(min_value=0, max_value=2**53)
SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(BODIES, st.lists(st.integers(1, 50)))
def test_bodies_come_out_as_they_went_in_however_the_stream_is_cut(
    bodies: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(frame(body) for body in bodies)
    reader = FrameReader()
    received = []
    for cut in [*cuts, len(stream)]:
        received += list(reader.feed(stream[:cut]))
        stream = stream[cut:]
    assert received == bodies


@settings(max_examples=examples(20))  # such values take long to make up
@given(IDS, st.text(), st.dictionaries(st.text(), VALUES))
def test_a_request_is_json_that_carries_its_id(
    call_id: int, op: str, args: dict[str, object]
) -> None:
    request = json.loads(encode_request(call_id, op, args))
    assert request == {"v": 1, "id": call_id, "op": op, "args": args}


@given(IDS, VALUES)
def test_a_result_comes_back(call_id: int, value: object) -> None:
    body = json.dumps({"id": call_id, "ok": value}, separators=(",", ":")).encode()
    assert decode_answer(body) == Answer(call_id, ok=value)
    assert answer_id(body) == call_id


@given(st.binary(max_size=200))
def test_garbage_is_a_protocol_error(body: bytes) -> None:
    answer_id(body)
    with pytest.raises(ProtocolError):
        decode_answer(body)


@given(SCALARS | st.lists(SCALARS) | st.dictionaries(st.sampled_from(["id", "error", "x"]), VALUES))
def test_json_of_another_shape_is_a_protocol_error(value: object) -> None:
    with pytest.raises(ProtocolError):
        decode_answer(json.dumps(value).encode())


@given(st.floats(-1e100, 1e100))
def test_a_float_becomes_a_decimal_of_the_same_meaning(value: float) -> None:
    number = read_number(decode_answer(json.dumps({"id": 1, "ok": value}).encode()).ok)
    assert math.isclose(number, value, rel_tol=1e-14)


@given(st.decimals("-1000000", "1000000", places=5))
def test_a_price_comes_back_exactly(value: Decimal) -> None:
    body = json.dumps({"id": 1, "ok": float(value)}).encode()
    assert decode_answer(body).ok == value


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_arrives_as_such(word: str) -> None:
    number = decode_answer(b'{"id":1,"ok":%s}' % word.encode()).ok
    assert isinstance(number, Decimal)
    assert not number.is_finite()


@pytest.mark.parametrize(
    "body", [b'{"id":1,"ok":1e%s}' % (b"9" * 30), b'{"id":1,"ok":%s}' % (b"9" * 5000), b"[" * 99999]
)
def test_monstrous_numbers_and_nests_are_protocol_errors(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_answer(body)


def test_noise_of_binary_doubles_is_left_behind() -> None:
    number = read_number(decode_answer(b'{"id":1,"ok":0.30000000000000004}').ok)
    assert str(number) == "0.3"


def test_an_error_is_read() -> None:
    body = b'{"id":1,"error":{"kind":"mt5","code":-4,"text":"Not found"}}'
    assert decode_answer(body).error == WireError("mt5", -4, "Not found")


def test_a_frame_that_announces_too_much_is_refused() -> None:
    with pytest.raises(ProtocolError):
        list(FrameReader().feed((MAX_FRAME + 1).to_bytes(4, "big")))
