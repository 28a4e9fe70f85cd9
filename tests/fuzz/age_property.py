"""What must hold of reading age headers and payloads, whatever the bytes are."""

from collections.abc import Iterator
from io import BytesIO

from tests.fuzz.redaction_property import NotHeld
from tests.paths import VECTORS
from vault.age import header, stream
from vault.age.errors import AgeError

_FILE_KEY = bytes(range(16))


def holds(data: bytes) -> None:
    """A header reads, or is an AgeError; taken off a stream it is the same; a payload opens the same in any pieces."""
    parsed = _parsed(data)
    taken = _taken(data)
    if parsed is not None and taken is None:
        raise NotHeld("a header parses that cannot be taken off a stream")
    if parsed is not None and taken is not None:
        if len(taken) != parsed.length or not taken.startswith(parsed.signed):
            raise NotHeld("a header has two ends")
        if _written(parsed) != parsed.signed:
            raise NotHeld("a header has two spellings")
    whole, split = _opened(data, len(data) + 1), _opened(data, 1 + len(data) // 3)
    if whole != split or whole != _sought(data):
        raise NotHeld("a payload opens differently in other pieces")


def seeds() -> Iterator[bytes]:
    """The small age test vectors, each with and without its preamble, and payloads under the key used here."""
    folder = VECTORS / "age-testkit"
    for path in sorted(folder.iterdir()):
        if path.stat().st_size <= 4096:
            data = path.read_bytes()
            yield data.partition(b"\n\n")[2]
            yield data
    for size in (0, 1, 100):
        encryptor = stream.Encryptor(_FILE_KEY, bytes(16))
        yield encryptor.start() + encryptor.update(bytes(size)) + encryptor.finish()


def _parsed(data: bytes) -> header.Header | None:
    try:
        return header.parse(data)
    except AgeError:
        return None


def _taken(data: bytes) -> bytes | None:
    try:
        return header.read(BytesIO(data))[0]
    except AgeError:
        return None


def _written(parsed: header.Header) -> bytes:
    """The part that the HMAC covers, written anew."""
    written = header.encode(parsed.stanzas, _FILE_KEY)
    return written[: written.rindex(b"--- ") + 3]


def _opened(data: bytes, piece: int) -> bytes | None:
    decryptor = stream.Decryptor(_FILE_KEY)
    try:
        parts = [decryptor.update(data[at : at + piece]) for at in range(0, len(data), piece)]
        return b"".join([*parts, decryptor.finish()])
    except AgeError:
        return None


def _sought(data: bytes) -> bytes | None:
    try:
        seekable = stream.SeekableDecryptor(_FILE_KEY, len(data), lambda at, count: data[at : at + count])
        return seekable.read(0, seekable.size)
    except AgeError:
        return None
