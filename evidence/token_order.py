"""Put the certificates inside a timestamp reply in the order that DER asks for.

Many authorities send theirs from the signer's to the root's. CMS allows that (RFC 5652, 10.2.3) and `openssl ts` reads
it, but the strict reader that we use does not. No signature covers the order, so nothing is believed by changing it.
"""

from typing import Final

_CERTIFICATES: Final = 0xA0  # [0] IMPLICIT SET OF, in SignedData (RFC 5652, 5.1)
_SIGNED_DATA: Final = (1, 1, 0)  # the token of the reply, its content, the one element of that


def in_order(reply: bytes) -> bytes:
    """The reply (DER of a TimeStampResp, RFC 3161, 2.4.2), of the same length; as it came where it has no certificates.

    ValueError when it is cut off, or its lengths are not those of DER.
    """
    at = 0
    for index in _SIGNED_DATA:
        inner = _children(reply, at)
        if len(inner) <= index:
            return reply
        at, _ = inner[index]
    for start, end in _children(reply, at):
        if reply[start] == _CERTIFICATES:
            certificates = sorted(reply[one:behind] for one, behind in _children(reply, start))
            return reply[: _content(reply, start)[0]] + b"".join(certificates) + reply[end:]
    return reply


def _children(data: bytes, at: int) -> list[tuple[int, int]]:
    """Where each element inside the element at `at` starts and ends."""
    start, end = _content(data, at)
    found = []
    while start < end:
        found.append((start, _content(data, start)[1]))
        start = found[-1][1]
    if start != end:
        raise ValueError("an element is longer than what holds it")
    return found


def _content(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` starts and ends; all tags that matter here have one byte."""
    if at + 2 > len(data):
        raise ValueError("cut off")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4:
            raise ValueError("no length of DER")
        length, start = int.from_bytes(data[start : start + octets], "big"), start + octets
    if start + length > len(data):
        raise ValueError("cut off")
    return start, start + length
