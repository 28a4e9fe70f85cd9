"""Payloads: what goes in comes out, by any cut, from any place, and nothing unauthenticated."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.age.errors import HeaderError, PayloadError
from vault.age.stream import (
    CHUNK,
    NONCE_BYTES,
    SEALED_CHUNK,
    Decryptor,
    Encryptor,
    SeekableDecryptor,
    payload_size,
    plaintext_size,
)

KEY = bytes(range(16))
NONCE = bytes(range(16, 32))
_EDGES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK + 17]
_SIZES = st.sampled_from(_EDGES) | st.integers(0, 4 * CHUNK)
_CUTS = st.lists(st.sampled_from(_EDGES[1:]) | st.integers(1, 2 * CHUNK), max_size=6)


def plain(size: int) -> bytes:
    """Bytes without a period that a chunk's size is a multiple of."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def pieces(data: bytes, cuts: Iterable[int]) -> Iterable[bytes]:
    at = 0
    for cut in itertools.chain(cuts, [len(data) + 1]):
        yield data[at : at + cut]
        at += cut


def encrypt(plaintext: bytes, cuts: Iterable[int] = ()) -> bytes:
    encryptor = Encryptor(KEY, NONCE)
    body = [encryptor.start(), *map(encryptor.update, pieces(plaintext, cuts))]
    return b"".join([*body, encryptor.finish()])


def decrypt(payload: bytes, cuts: Iterable[int] = ()) -> bytes:
    decryptor = Decryptor(KEY)
    body = list(map(decryptor.update, pieces(payload, cuts)))
    return b"".join([*body, decryptor.finish()])


def seek(payload: bytes) -> SeekableDecryptor:
    return SeekableDecryptor(KEY, len(payload), lambda offset, length: payload[offset : offset + length])


@settings(deadline=None, max_examples=60)
@given(_SIZES, _CUTS, _CUTS)
def test_any_cut_of_plaintext_and_payload_round_trips(size: int, in_cuts: list[int], out_cuts: list[int]) -> None:
    payload = encrypt(plain(size), in_cuts)
    assert payload == encrypt(plain(size))
    assert decrypt(payload, out_cuts) == plain(size)


@settings(deadline=None, max_examples=60)
@given(_SIZES, st.lists(st.tuples(st.integers(0, 5 * CHUNK), st.integers(0, 5 * CHUNK)), min_size=1, max_size=6))
def test_seeking_reads_what_streaming_reads(size: int, ranges: list[tuple[int, int]]) -> None:
    plaintext = plain(size)
    seekable = seek(encrypt(plaintext))
    assert seekable.size == size
    for offset, length in ranges:
        assert seekable.read(offset, length) == plaintext[offset : offset + length]


@given(st.integers(0, 1 << 50) | _SIZES)
def test_sizes_are_each_others_inverse(size: int) -> None:
    assert plaintext_size(payload_size(size)) == size


@pytest.mark.parametrize("size", _EDGES)
def test_payload_size_is_the_size_of_the_payload(size: int) -> None:
    assert payload_size(size) == len(encrypt(plain(size)))


def test_every_size_is_that_of_one_plaintext_or_of_none() -> None:
    for size in [
        *range(100),
        *range(SEALED_CHUNK, SEALED_CHUNK + 100),
        *range(2 * SEALED_CHUNK, 2 * SEALED_CHUNK + 99),
    ]:
        try:
            plaintext = plaintext_size(size)
        except PayloadError:
            continue
        assert payload_size(plaintext) == size


@pytest.mark.parametrize("size", [-1, 0, 16, 31, 16 + SEALED_CHUNK + 1, 16 + SEALED_CHUNK + 16])
def test_a_size_that_no_payload_has_is_refused(size: int) -> None:
    with pytest.raises(PayloadError):
        plaintext_size(size)
    with pytest.raises(PayloadError):
        SeekableDecryptor(KEY, size, lambda _offset, length: bytes(length))


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(_EDGES), st.data())
def test_a_flipped_bit_fails_and_releases_only_true_plaintext(size: int, draw: st.DataObject) -> None:
    payload = bytearray(encrypt(plain(size)))
    payload[draw.draw(st.integers(0, len(payload) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    decryptor = Decryptor(KEY)
    released = b""
    with pytest.raises(PayloadError):  # noqa: PT012 -- where it fails is not what is tested
        for piece in pieces(bytes(payload), [8192] * (len(payload) // 8192)):
            released += decryptor.update(piece)
        decryptor.finish()
    assert plain(size).startswith(released)


@pytest.mark.parametrize("size", _EDGES)
def test_a_payload_cut_anywhere_interesting_fails(size: int) -> None:
    payload = encrypt(plain(size))
    ends = {end + step for end in range(NONCE_BYTES, len(payload) + 1, SEALED_CHUNK) for step in (-1, 0, 1, 15, 16, 17)}
    for end in sorted(end for end in ends if NONCE_BYTES <= end < len(payload)):
        with pytest.raises(PayloadError):
            decrypt(payload[:end])
        with pytest.raises(PayloadError):
            seek(payload[:end])


@pytest.mark.parametrize("end", [0, 1, 15])
def test_a_file_that_ends_before_its_nonce_is_a_header_fault(end: int) -> None:
    with pytest.raises(HeaderError):
        decrypt(encrypt(b"")[:end])


@pytest.mark.parametrize("size", _EDGES)
@pytest.mark.parametrize("extra", [1, 16, 17, SEALED_CHUNK, 2 * SEALED_CHUNK])
def test_anything_after_the_final_chunk_fails(size: int, extra: int) -> None:
    payload = encrypt(plain(size)) + bytes(extra)
    for cuts in ([], [len(payload) - extra]):
        with pytest.raises(PayloadError):
            decrypt(payload, cuts)
    with pytest.raises(PayloadError):
        seek(payload)


def test_chunks_do_not_change_places() -> None:
    payload = encrypt(plain(3 * CHUNK))
    first, second = (payload[NONCE_BYTES + i * SEALED_CHUNK :][:SEALED_CHUNK] for i in range(2))
    swapped = NONCE + second + first + payload[NONCE_BYTES + 2 * SEALED_CHUNK :]
    with pytest.raises(PayloadError):
        decrypt(swapped)
    seekable = seek(swapped)
    with pytest.raises(PayloadError):
        seekable.read(0, 1)


def test_seeking_fetches_only_the_chunks_it_needs() -> None:
    payload = encrypt(plain(10 * CHUNK))
    fetched: list[tuple[int, int]] = []

    def fetch(offset: int, length: int) -> bytes:
        fetched.append((offset, length))
        return payload[offset : offset + length]

    seekable = SeekableDecryptor(KEY, len(payload), fetch)
    seekable.read(4 * CHUNK + 5, CHUNK)
    seekable.read(10 * CHUNK - 5, 100)
    assert fetched == [
        (0, NONCE_BYTES),
        (NONCE_BYTES + 9 * SEALED_CHUNK, SEALED_CHUNK),
        (NONCE_BYTES + 4 * SEALED_CHUNK, 2 * SEALED_CHUNK),
    ]


def test_a_fetch_that_comes_back_short_fails() -> None:
    payload = encrypt(plain(CHUNK))
    with pytest.raises(PayloadError, match="shorter"):
        SeekableDecryptor(KEY, len(payload), lambda offset, length: payload[offset : offset + length - 1])


def test_negative_places_are_a_wrong_call() -> None:
    seekable = seek(encrypt(b"abc"))
    for offset, length in ((-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="negative"):
            seekable.read(offset, length)
    with pytest.raises(ValueError, match="negative"):
        payload_size(-1)


def test_calls_out_of_order_are_refused() -> None:
    encryptor = Encryptor(KEY, NONCE)
    with pytest.raises(RuntimeError):
        encryptor.update(b"")
    encryptor.start()
    with pytest.raises(RuntimeError):
        encryptor.start()
    encryptor.finish()
    for call in (encryptor.finish, lambda: encryptor.update(b"")):
        with pytest.raises(RuntimeError):
            call()


def test_a_decryptor_that_failed_or_finished_answers_no_more() -> None:
    finished = Decryptor(KEY)
    finished.update(encrypt(b"abc"))
    finished.finish()
    failed = Decryptor(KEY)
    with pytest.raises(PayloadError):
        failed.update(bytes(NONCE_BYTES + SEALED_CHUNK))
    for decryptor in (finished, failed):
        with pytest.raises(RuntimeError):
            decryptor.update(b"")
        with pytest.raises(RuntimeError):
            decryptor.finish()


def test_keys_and_nonces_of_another_size_are_a_wrong_call() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Encryptor(bytes(15), NONCE)
    with pytest.raises(ValueError, match="16 bytes"):
        Encryptor(KEY, bytes(17))
    with pytest.raises(ValueError, match="16 bytes"):
        Decryptor(bytes(32))


def test_any_bytes_like_object_is_taken() -> None:
    encryptor = Encryptor(KEY, NONCE)
    parts = [
        encryptor.start(),
        encryptor.update(bytearray(b"ab")),
        encryptor.update(memoryview(b"c")),
        encryptor.finish(),
    ]
    decryptor = Decryptor(KEY)
    assert decryptor.update(bytearray(b"".join(parts))) + decryptor.finish() == b"abc"
