"""CRC-32 elements (RFC 8794 section 11.3.1) of masters in which something was blanked."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final
from zlib import crc32

from redaction.containers.matroska_elements import CRC32_BYTES, VOID, Checksum, Elements
from redaction.containers.rewritten import Rewritten
from redaction.finding import Finding, structure
from redaction.limits import METADATA_BYTES

_WHAT: Final = "matroska/checksum/derived"


def follow(elements: Elements, findings: list[Finding]) -> Iterator[Finding]:
    """Checksums that follow `findings`, the innermost first, because the outer ones cover them.

    Of a master too long to be read for this the checksum becomes a Void.
    """
    every = list(findings)
    by_depth = sorted(elements.checksums, key=lambda checksum: -checksum.depth)
    for _, level in groupby(by_depth, key=lambda checksum: checksum.depth):
        after = Rewritten(elements.reader, every)
        derived = [_derived(after, checksum) for checksum in level if after.touched(checksum.start, checksum.end)]
        every += derived
        yield from derived


def _derived(after: Rewritten, checksum: Checksum) -> Finding:
    element = checksum.element
    if checksum.end - checksum.start > METADATA_BYTES:
        total = element.end - element.offset
        filler = bytes([VOID, 0x80 | (total - 2)]).ljust(total, b"\0")
        return Finding(element.offset, total, _WHAT, structure(filler))
    value = 0
    for chunk in after.chunks(checksum.start, checksum.end):
        value = crc32(chunk, value)
    return Finding(element.body, CRC32_BYTES, _WHAT, structure(value.to_bytes(CRC32_BYTES, "little")))
