import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.metadata.sei import withheld

Messages = list[tuple[int, bytes]]

PICTURE = (b"\xb5\x00\x31", b"\xb5\x00\x3b", b"\xb5\x00\x3c", b"\xb5\x00\x2f")
TYPES = st.sampled_from([0, 1, 4, 5, 6, 45, 137, 205, 206, 255, 600])
PAYLOADS = st.one_of(st.binary(max_size=40), st.lists(st.sampled_from([0, 1, 3, 9]), max_size=600).map(bytes))


def escaped(data: bytes) -> bytes:
    """Insert emulation prevention bytes as an encoder does."""
    out = bytearray()
    for value in data:
        if out[-2:] == b"\0\0" and value <= 3:
            out.append(3)
        out.append(value)
    return bytes(out)


def unescaped(data: bytes) -> bytes:
    """Remove them as a decoder does."""
    return data.replace(b"\0\0\3", b"\0\0")


def unit(header: bytes, messages: Messages) -> bytes:
    body = b""
    for kind, payload in messages:
        for number in (kind, len(payload)):
            body += b"\xff" * (number // 255) + bytes([number % 255])
        body += payload
    return header + escaped(body + b"\x80")


def parsed(nal: bytes, header: int) -> Messages:
    """Read the messages back, independently of the code under test."""
    data = unescaped(nal[header:]).rstrip(b"\0")[:-1]
    found: Messages = []
    while data:
        numbers = []
        for _ in range(2):
            number = 0
            while data[0] == 255:
                number, data = number + 255, data[1:]
            numbers.append(number + data[0])
            data = data[1:]
        found.append((numbers[0], data[: numbers[1]]))
        data = data[numbers[1] :]
    return found


def blanked(nal: bytes, header: int) -> bytes:
    after = bytearray(nal)
    for message in withheld(nal, header):
        after[message.start : message.end] = b" " * (message.end - message.start)
        if message.size_at is not None:
            after[message.size_at] = message.size
    return bytes(after)


@given(st.lists(st.tuples(TYPES, PAYLOADS), max_size=6), st.sampled_from([b"\x06", b"\x4e\x01"]))
def test_only_user_data_and_reserved_messages_change_and_the_unit_stays_readable(
    messages: Messages, header: bytes
) -> None:
    nal = unit(header, messages)
    after = blanked(nal, len(header))
    assert len(after) == len(nal)
    found = parsed(after, len(header))
    assert [kind for kind, _ in found] == [kind for kind, _ in messages]
    for (kind, before), (_, payload) in zip(messages, found, strict=True):
        if (kind == 4 and before[:3] not in PICTURE) or kind == 5 or kind > 205:
            left = payload.replace(b" ", b"")
            # where a size byte has no room, escapes stay, with the byte after each; and a last zero that causes one
            assert not left or (len(left) <= 3 * before.count(b"\0\0") + 1 and set(left) <= {0, 1, 2, 3})
            assert len(payload) >= len(before)
        else:
            assert payload == before


@given(st.lists(st.tuples(TYPES, PAYLOADS), max_size=4))
def test_blanking_twice_changes_nothing_more(messages: Messages) -> None:
    once = blanked(unit(b"\x06", messages), 1)
    assert blanked(once, 1) == once


@given(st.binary(max_size=80), st.sampled_from([1, 2]))
def test_any_bytes_get_ranges_inside_the_unit(nal: bytes, header: int) -> None:
    for message in withheld(nal, header):
        assert header <= message.start < message.end <= len(nal)


@pytest.mark.parametrize("provider", PICTURE)
def test_captions_and_dynamic_range_stay(provider: bytes) -> None:
    nal = unit(b"\x06", [(4, provider + b"GA94 and so on")])
    assert blanked(nal, 1) == nal


def test_registered_data_of_others_goes() -> None:
    assert b"place" not in blanked(unit(b"\x06", [(4, b"\xb5\x12\x34place")]), 1)


def test_a_message_longer_than_its_unit_is_blanked_to_the_end() -> None:
    assert b"place" not in blanked(b"\x06\x05\x7fplace", 1)
