"""Headers: one spelling each, bounded whatever comes in."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.age import header
from vault.age.errors import HeaderError, HmacError
from vault.age.header import HEADER_BYTES, STANZAS, Stanza

KEY = bytes(range(16))
_WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20).filter(
    lambda word: word != "scrypt"
)
_STANZA = st.builds(Stanza, _WORD, st.lists(_WORD, max_size=3).map(tuple), st.binary(max_size=200))
_STANZAS = st.lists(_STANZA, min_size=1, max_size=5)


class Endless:
    """Never ends, and counts what was asked of it."""

    def __init__(self, begin: bytes, then: bytes) -> None:
        self._begin = begin
        self._then = then
        self.served = 0

    def read(self, size: int, /) -> bytes:
        piece, self._begin = self._begin[:size], self._begin[size:]
        piece = piece or (self._then * size)[:size]
        self.served += len(piece)
        return piece


class Trickle(io.BytesIO):
    """Gives one byte at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(1, -1 if size is None else size))


@given(_STANZAS, st.binary(max_size=100))
def test_parse_undoes_encode_and_leaves_the_payload_alone(stanzas: list[Stanza], payload: bytes) -> None:
    written = header.encode(stanzas, KEY)
    parsed = header.parse(written + payload)
    assert parsed.stanzas == tuple(stanzas)
    assert parsed.length == len(written)
    header.verify_mac(parsed, KEY)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: b"age-encryption.org/v1\n-> a\n\n---" + data))
def test_whatever_parses_is_the_one_spelling_of_its_stanzas(data: bytes) -> None:
    try:
        parsed = header.parse(data)
    except HeaderError:
        return
    assert header.encode(parsed.stanzas, KEY)[: len(parsed.signed)] == data[: len(parsed.signed)]


@given(_STANZAS, st.data())
def test_any_flipped_bit_of_a_header_is_noticed(stanzas: list[Stanza], draw: st.DataObject) -> None:
    written = bytearray(header.encode(stanzas, KEY))
    place = draw.draw(st.integers(0, len(written) - 1))
    written[place] ^= 1 << draw.draw(st.integers(0, 7))
    with pytest.raises((HeaderError, HmacError)):
        header.verify_mac(header.parse(bytes(written)), KEY)


@given(_STANZAS)
def test_every_truncation_of_a_header_is_refused(stanzas: list[Stanza]) -> None:
    written = header.encode(stanzas, KEY)
    for end in range(len(written)):
        with pytest.raises(HeaderError):
            header.parse(written[:end])


def test_another_file_key_does_not_verify() -> None:
    parsed = header.parse(header.encode([Stanza("a", (), b"")], KEY))
    with pytest.raises(HmacError):
        header.verify_mac(parsed, bytes(16))


@given(_STANZAS, st.binary(max_size=10_000))
def test_reading_from_a_stream_splits_header_and_payload(stanzas: list[Stanza], payload: bytes) -> None:
    written = header.encode(stanzas, KEY)
    stream = io.BytesIO(written + payload)
    head, rest = header.read(stream)
    assert head == written
    assert rest + stream.read() == payload


def test_reading_byte_by_byte_gives_the_same() -> None:
    written = header.encode([Stanza("grease", ("---", "--"), bytes(96))], KEY)
    assert header.read(Trickle(written + b"payload")) == (written, b"")


@pytest.mark.parametrize("data", [b"", b"age-encryption.org/v1\n", b"age-encryption.org/v1\n-> a\n\n--- no end"])
def test_a_stream_that_ends_inside_the_header_is_refused(data: bytes) -> None:
    with pytest.raises(HeaderError):
        header.read(io.BytesIO(data))


@pytest.mark.parametrize(
    ("begin", "then"),
    [
        (b"", b"a"),
        (b"", b"\n"),
        (b"age-encryption.org/v1\n-> a ", b"a"),
        (b"age-encryption.org/v1\n-> a\n", b"A" * 64 + b"\n"),
        (b"age-encryption.org/v1\n", b"-> a\n\n"),
        (b"age-encryption.org/v1\n-> a\n\n--- ", b"A"),
    ],
)
def test_an_endless_header_is_given_up_at_the_limit(begin: bytes, then: bytes) -> None:
    reader = Endless(begin, then)
    with pytest.raises(HeaderError):
        header.read(reader)
    assert reader.served <= HEADER_BYTES
    with pytest.raises(HeaderError):
        header.parse(begin + then * (2 * HEADER_BYTES // len(then)))


def test_one_stanza_too_many_is_refused_before_the_rest_is_read() -> None:
    stanza = Stanza("a", (), b"")
    assert len(header.parse(header.encode([stanza] * STANZAS, KEY)).stanzas) == STANZAS
    with pytest.raises(ValueError, match="too many"):
        header.encode([stanza] * (STANZAS + 1), KEY)
    with pytest.raises(HeaderError, match="too many"):
        header.parse(b"age-encryption.org/v1\n" + b"-> a\n\n" * (STANZAS + 1) + b"--- " + b"A" * 43 + b"\n")


@pytest.mark.parametrize(
    ("stanzas", "fault"),
    [
        ([], "no stanza"),
        ([Stanza("scrypt", (), b""), Stanza("a", (), b"")], "not alone"),
        ([Stanza("", (), b"")], "argument"),
        ([Stanza("a", ("b c",), b"")], "argument"),
        ([Stanza("a", ("b\n",), b"")], "argument"),
        ([Stanza("a", ("ñ",), b"")], "argument"),
        ([Stanza("a", (), bytes(HEADER_BYTES))], "too large"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(stanzas: list[Stanza], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        header.encode(stanzas, KEY)


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_file_key_of_another_size_is_a_wrong_call(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        header.encode([Stanza("a", (), b"")], bytes(size))


def test_an_error_holds_nothing_of_the_input() -> None:
    with pytest.raises(HeaderError) as caught:
        header.parse(b"age-encryption.org/v1\n-> canary\nc\xc3\xa1nary\n--- canary\n")
    assert "canary" not in repr(caught.value)
    assert caught.value.__cause__ is None
