"""The age v1 header: stanzas that wrap the file key, and an HMAC over them.

Source: c2sp.org/age, "Header". The format sets no upper size; HEADER_BYTES and STANZAS are our own limits.
The payload is not bound to the header: any header that wraps the same file key fits the same payload.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from vault.age import encoding
from vault.age.errors import HeaderError, HmacError
from vault.age.wrapping import SCRYPT_TYPE, check_file_key, derive

HEADER_BYTES: Final = 1 << 20
STANZAS: Final = 1000

_VERSION_LINE: Final = b"age-encryption.org/v1"
_DASHES: Final = b"---"
_COLUMNS: Final = 64
_READ_BYTES: Final = 4096
_ARGUMENT: Final = re.compile(r"[!-~]+")
_STANZA_LINE: Final = re.compile(rb"-> [!-~]+(?: [!-~]+)*")
_MAC_LINE: Final = re.compile(rb"--- ([A-Za-z0-9+/]{43})")


@dataclass(frozen=True)
class Stanza:
    """One way to the file key: `type` and `args` of printable ASCII without spaces, `body` of any length."""

    type: str
    args: tuple[str, ...]
    body: bytes


@dataclass(frozen=True)
class Header:
    """A parsed header; its HMAC is not verified yet.

    `length` is where the payload starts, in bytes; `signed` is what the HMAC covers, from the first byte through `---`.
    """

    stanzas: tuple[Stanza, ...]
    mac: bytes
    length: int
    signed: bytes


class Reader(Protocol):
    """What `read` reads from: at most `size` bytes, none at the end."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""


def parse(data: bytes) -> Header:
    """Read the header that `data` begins with; what follows it is not looked at.

    Raises HeaderError for any departure from the specification, more than STANZAS stanzas or HEADER_BYTES bytes.
    """
    lines = _Lines(data[:HEADER_BYTES])
    if lines.next() != _VERSION_LINE:
        raise HeaderError("not an age v1 file")
    stanzas: list[Stanza] = []
    start = lines.position
    line = lines.next()
    while not line.startswith(_DASHES):
        if len(stanzas) == STANZAS:
            raise HeaderError("too many stanzas")
        stanzas.append(_parse_stanza(line, lines))
        start = lines.position
        line = lines.next()
    mac = _MAC_LINE.fullmatch(line)
    if mac is None:
        raise HeaderError("malformed HMAC line")
    fault = _fault(stanzas)
    if fault:
        raise HeaderError(fault)
    signed = data[: start + len(_DASHES)]
    return Header(tuple(stanzas), encoding.decode(mac[1].decode("ascii")), lines.position, signed)


def read(reader: Reader) -> tuple[bytes, bytes]:
    """Take a header off a stream: its bytes, for `parse`, and the beginning of the payload that was read with it.

    Holds at most HEADER_BYTES. Raises HeaderError when the stream ends first or no header ends within that.
    """
    data = bytearray()
    last_line = -1
    while True:
        piece = reader.read(min(_READ_BYTES, HEADER_BYTES - len(data)))
        if not piece:
            raise HeaderError("no end of the header within the limit" if data else "nothing to read")
        searched = max(0, len(data) - len(_DASHES))
        data += piece
        # In a well-formed header no line but the last one begins with dashes.
        if last_line < 0:
            last_line = data.find(b"\n" + _DASHES, searched)
        if last_line >= 0:
            end = data.find(b"\n", max(last_line + 1, searched))
            if end >= 0:
                return bytes(data[: end + 1]), bytes(data[end + 1 :])


def encode(stanzas: Sequence[Stanza], file_key: bytes) -> bytes:
    """Write a header with its HMAC.

    Raises ValueError for no stanza, a stanza that cannot be written, and a header that `parse` would refuse.
    """
    check_file_key(file_key)
    fault = _fault(stanzas)
    if fault:
        raise ValueError(fault)
    signed = b"".join([_VERSION_LINE, b"\n", encode_stanzas(stanzas), _DASHES])
    header = signed + b" " + encoding.encode(_hmac(file_key, signed).finalize()).encode("ascii") + b"\n"
    if len(header) > HEADER_BYTES:
        raise ValueError("the header would be too large")
    return header


def encode_stanzas(stanzas: Sequence[Stanza]) -> bytes:
    """Stanzas on their own, as a header spells them. Raises ValueError for one that cannot be written."""
    return b"".join(map(_encode_stanza, stanzas))


def parse_stanzas(data: bytes) -> tuple[Stanza, ...]:
    """Read what `encode_stanzas` wrote. Raises HeaderError for anything else, and beyond the limits of a header."""
    if len(data) > HEADER_BYTES:
        raise HeaderError("too many stanzas")
    lines = _Lines(data)
    stanzas: list[Stanza] = []
    while lines.position < len(data):
        stanzas.append(_parse_stanza(lines.next(), lines))
    fault = _fault(stanzas)
    if fault:
        raise HeaderError(fault)
    return tuple(stanzas)


def verify_mac(header: Header, file_key: bytes) -> None:
    """Check, in constant time, that the holder of the file key wrote this header. Raises HmacError."""
    check_file_key(file_key)
    try:
        _hmac(file_key, header.signed).verify(header.mac)
    except InvalidSignature:
        raise HmacError("the header was changed") from None


class _Lines:
    """The lines of a header, each ended by LF."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def next(self) -> bytes:
        end = self._data.find(b"\n", self.position)
        if end < 0:
            raise HeaderError("the header does not end")
        line = self._data[self.position : end]
        self.position = end + 1
        return line


def _parse_stanza(first: bytes, lines: _Lines) -> Stanza:
    if _STANZA_LINE.fullmatch(first) is None:
        raise HeaderError("malformed stanza")
    name, *args = first[3:].decode("ascii").split(" ")
    body = []
    while True:
        line = lines.next()
        if len(line) > _COLUMNS or not line.isascii():
            raise HeaderError("malformed stanza body")
        body.append(line.decode("ascii"))
        if len(line) < _COLUMNS:
            return Stanza(name, tuple(args), encoding.decode("".join(body)))


def _encode_stanza(stanza: Stanza) -> bytes:
    words = (stanza.type, *stanza.args)
    if not all(_ARGUMENT.fullmatch(word) for word in words):
        raise ValueError("a stanza argument is empty or not printable ASCII")
    body = encoding.encode(stanza.body)
    # The slice past the end is wanted: a body that fills its last line is ended by an empty one.
    lines = [body[start : start + _COLUMNS] for start in range(0, len(body) + 1, _COLUMNS)]
    return "".join(f"{line}\n" for line in ("-> " + " ".join(words), *lines)).encode("ascii")


def _fault(stanzas: Sequence[Stanza]) -> str | None:
    """What is wrong with the list as a whole."""
    if not stanzas:
        return "no stanza"
    if len(stanzas) > STANZAS:
        return "too many stanzas"
    if len(stanzas) > 1 and any(stanza.type == SCRYPT_TYPE for stanza in stanzas):
        return "a passphrase stanza is not alone"
    return None


def _hmac(file_key: bytes, signed: bytes) -> HMAC:
    mac = HMAC(derive(file_key, b"", b"header"), SHA256())
    mac.update(signed)
    return mac
