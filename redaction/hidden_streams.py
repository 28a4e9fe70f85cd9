"""Bytes inside bytes: deflated and base64 or hexadecimal text that stands anywhere in a file, opened for a search.

Only what begins with a zlib or gzip header is tried: raw deflate cannot be told from noise. Pixels of a PNG are left
out; they are the picture, and the container's own parser holds them to its size.
"""

import binascii
import zlib
from collections.abc import Callable, Iterator, Sequence
from re import DOTALL
from re import compile as regex
from typing import Final

from redaction.errors import MalformedMedia

_OUTPUT_BYTES: Final = 1 << 18  # of one piece
_PROBE_BYTES, _PROOF_BYTES = 512, 64  # what is tried, and what must come out of it unless the stream ends
_TRIALS, _TRIALS_PER_BYTE = 20_000, 1 / 2048  # noise has one header in 32 kB
_BLOCKS: Final = 10_000
_INFLATED, _INFLATED_PER_BYTE = 512 << 20, 8  # bytes
_BLOCK = "".join(
    f"\\x{byte:02x}" for byte in range(256) if byte in {0, 1} or byte & 6 == 2 or (byte & 6 == 4 and byte >> 3 <= 29)
)
"""First bytes of a deflate block: stored and padded with zeros, fixed codes, or dynamic codes with possible counts."""


def _small_windows() -> Iterator[str]:
    """Headers of zlib (RFC 1950) with windows below 32 kB; they are tried behind two zeros, as in PNG's chunks."""
    for method in range(0x08, 0x78, 0x10):
        for level in range(0, 256, 64):
            flags = level | -(method << 8 | level) % 31
            yield f"\\x{method:02x}\\x{flags:02x}"


HEADERS: Final = (
    f"\\x78[\\x01\\x5e\\x9c\\xda][{_BLOCK}]".encode(),
    f"\\x00\\x00(?:{'|'.join(_small_windows())})[{_BLOCK}]".encode(),
    rb"\x1f\x8b\x08[\x00-\x1f]",  # gzip, RFC 1952
)
"""Expressions that find where a stream may begin, and how many bytes of it they cover."""
HEADER_BYTES: Final = (3, 3, 4)
TEXT: Final = rb"[A-Za-z0-9+/_\-]{32}(?:[^A-Za-z0-9+/_\-]|\z)"
"""Finds ends of base64, and of hexadecimal digits, which are among its letters."""

_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-\r\n\t "
_BASE64: Final = regex(rb"[A-Za-z0-9+/_\-][A-Za-z0-9+/_\-\r\n\t ]{30,}")
_HEX: Final = regex(rb"[0-9A-Fa-f][0-9A-Fa-f\r\n\t ]{30,}")
_SPACES: Final = b"\r\n\t "
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_PIXELS: Final = regex(rb"(?:IDAT|fdAT.{4})\Z", DOTALL)
_APART: Final = b"\n\n"

More = Callable[[int], bytes]
"""The bytes from an offset on, as many as come at once; none behind the end."""


class Budget:
    """What opening streams may cost in one file of `size` bytes; MalformedMedia beyond."""

    def __init__(self, size: int) -> None:
        self._blocks = _BLOCKS
        self._trials = _TRIALS + int(size * _TRIALS_PER_BYTE)
        self._bytes = _INFLATED + size * _INFLATED_PER_BYTE

    def block(self) -> None:
        """Count one place where a TIFF block may begin."""
        self._blocks -= 1
        if self._blocks < 0:
            raise MalformedMedia("too many parts")

    def trial(self) -> None:
        """Count one place where a stream may begin."""
        self._trials -= 1
        if self._trials < 0:
            raise MalformedMedia("too many compressed parts")

    def opened(self, count: int) -> None:
        """Count bytes that came out."""
        self._bytes -= count
        if self._bytes < 0:
            raise MalformedMedia("too much compressed data")


def inflated(piece: bytes, start: int, more: More, budget: Budget) -> Iterator[tuple[bytes, int]]:
    """What a stream at `start` of `piece` inflates to, in pieces, each with the bytes of the stream used so far.

    Nothing when it is no stream or holds a PNG's pixels. `more` continues where `piece` ends.
    """
    budget.trial()
    stream = zlib.decompressobj(wbits=-zlib.MAX_WBITS)  # without the checksum behind it, which may be wrong
    at = start + _head_bytes(piece, start)
    data = piece[at : at + _PROBE_BYTES]
    proven = False
    while data:
        at += len(data)
        try:
            out = stream.decompress(data, _OUTPUT_BYTES)
        except zlib.error:
            return
        if not proven:
            if (len(out) < _PROOF_BYTES and not stream.eof) or _PIXELS.search(piece[max(0, start - 8) : start]):
                return
            proven = True
        at -= len(stream.unused_data) + len(stream.unconsumed_tail)
        budget.opened(len(out))
        yield out, at - start
        if stream.eof:
            return
        data = stream.unconsumed_tail or piece[at : at + _OUTPUT_BYTES] or more(at - len(piece))


def _head_bytes(piece: bytes, start: int) -> int:
    """Bytes of a header of zlib (RFC 1950) or gzip (RFC 1952)."""
    if piece[start : start + 2] != b"\x1f\x8b":
        return 2
    flags, at = piece[start + 3], start + 10
    if flags & 4:
        at += 2 + int.from_bytes(piece[at : at + 2], "little")
    for text in (8, 16):
        if flags & text:
            at = piece.find(b"\0", at) + 1 or len(piece)
    return at + (2 if flags & 2 else 0) - start


def decoded(piece: bytes, ends: Sequence[int], budget: Budget) -> bytes:
    """What base64 and hexadecimal text in `piece` stands for; base64 is read from each of four letters on.

    `ends` are the offsets behind each run, as `TEXT` finds them.
    """
    start = len(piece[: ends[0] - 1].rstrip(_LETTERS))
    found: list[bytes] = []
    for match in _HEX.finditer(piece, start, ends[-1]):
        digits = match[0].translate(None, _SPACES)
        found += [binascii.unhexlify(cut[: len(cut) // 2 * 2]) for cut in (digits, digits[1:])]
    for match in _BASE64.finditer(piece, start, ends[-1]):
        letters = match[0].translate(_URL_SAFE, _SPACES)
        cuts = (letters[skip:] for skip in range(4))
        found += [binascii.a2b_base64(cut + b"A" * (-len(cut) % 4)) for cut in cuts]
    budget.opened(sum(map(len, found)))
    return _APART.join(found)
