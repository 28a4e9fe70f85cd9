"""The public age test vectors (C2SP/CCTV): each file breaks one rule, or none, and names the outcome."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.oracles import require
from tests.paths import VECTORS
from vault.age import armor, header
from vault.age.errors import AgeError, ArmorError, HeaderError, HmacError, NoMatch, PayloadError
from vault.age.identities import Identity, ScryptIdentity, decrypt, open_header, parse_identity
from vault.age.stream import CHUNK, NONCE_BYTES, SEALED_CHUNK, Decryptor, SeekableDecryptor

_FOLDER: Final = VECTORS / "age-testkit"
_FILES: Final = sorted(_FOLDER.iterdir()) if _FOLDER.is_dir() else []
_OUTCOMES: Final[dict[str, type[AgeError] | None]] = {
    "success": None,
    "armor failure": ArmorError,
    "header failure": HeaderError,
    "no match": NoMatch,
    "HMAC failure": HmacError,
    "payload failure": PayloadError,
}


@dataclass
class Vector:
    expect: str = ""
    payload: str | None = None
    file_key: bytes = b""
    armored: bool = False
    compressed: bool = False
    identities: list[Identity] = field(default_factory=list)
    data: bytes = b""


def _load(path: Path) -> Vector:
    head, _, data = path.read_bytes().partition(b"\n\n")
    vector = Vector()
    for line in head.decode().splitlines():
        key, _, value = line.partition(": ")
        match key:
            case "expect":
                vector.expect = value
            case "payload":
                vector.payload = value
            case "file key":
                vector.file_key = bytes.fromhex(value)
            case "identity":
                vector.identities.append(parse_identity(value))
            case "passphrase":
                vector.identities.append(ScryptIdentity(value))
            case "armored":
                assert value == "yes"
                vector.armored = True
            case "compressed":
                assert value == "zlib"
                vector.compressed = True
            case "comment":
                pass
            case _:
                pytest.fail(f"a vector has the unknown key {key}")
    vector.data = zlib.decompress(data) if vector.compressed else data
    return vector


def _stream(vector: Vector, step: int) -> Iterator[bytes]:
    """Open the vector piece by piece, the nonce first, and yield what is released."""
    data = armor.decode(vector.data) if vector.armored else vector.data
    file_key, start = open_header(data, vector.identities)
    decryptor = Decryptor(file_key)
    yield decryptor.update(data[start : start + NONCE_BYTES])
    for at in range(start + NONCE_BYTES, len(data), step):
        yield decryptor.update(data[at : at + step])
    yield decryptor.finish()


def _seek(vector: Vector) -> Iterator[bytes]:
    """Open the vector by random access; a payload that is whole is read whole."""
    data = armor.decode(vector.data) if vector.armored else vector.data
    file_key, start = open_header(data, vector.identities)
    seekable = SeekableDecryptor(
        file_key, len(data) - start, lambda offset, length: data[start:][offset : offset + length]
    )
    for at in range(0, seekable.size, CHUNK):
        yield seekable.read(at, CHUNK)


def _whole(vector: Vector) -> Iterator[bytes]:
    yield decrypt(armor.decode(vector.data) if vector.armored else vector.data, vector.identities)


def _outcome(pieces: Iterator[bytes]) -> tuple[type[AgeError] | None, str]:
    """The kind of error that ended it, and the hash of everything released before."""
    released = hashlib.sha256()
    try:
        for piece in pieces:
            released.update(piece)
    except AgeError as error:
        return type(error), released.hexdigest()
    return None, released.hexdigest()


def test_all_vectors_are_there() -> None:
    require.folder(_FOLDER)
    assert len(_FILES) == 143


@pytest.mark.parametrize("step", [997, SEALED_CHUNK - 1, SEALED_CHUNK, 1 << 24])
@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_outcome_and_released_plaintext_are_as_the_vector_says(path: Path, step: int) -> None:
    vector = _load(path)
    error, released = _outcome(_stream(vector, step))
    assert error is _OUTCOMES[vector.expect]
    # A piece that completes one chunk and spoils the next releases neither, so only whole chunks show every true byte.
    if vector.payload is not None and (error is None or step == SEALED_CHUNK):
        assert released == vector.payload


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("opener", [_whole, _seek])
def test_opening_whole_or_by_seeking_agrees_with_streaming(
    path: Path, opener: Callable[[Vector], Iterator[bytes]]
) -> None:
    vector = _load(path)
    error, released = _outcome(opener(vector))
    if path.name in {"stream_no_nonce", "stream_short_nonce"} and opener is _seek:
        # Given its size beforehand, a payload too short for a nonce is simply no payload.
        assert error is PayloadError
        return
    assert error is _OUTCOMES[vector.expect]
    if error is None:
        assert released == vector.payload


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_a_header_that_parses_is_written_again_byte_for_byte(path: Path) -> None:
    vector = _load(path)
    if vector.armored or vector.expect in {"header failure", "HMAC failure"}:
        return
    parsed = header.parse(vector.data)
    assert header.encode(parsed.stanzas, vector.file_key) == vector.data[: parsed.length]
