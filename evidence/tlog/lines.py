"""How C2SP's line formats write numbers and bytes: in one way only, so that `encode(parse(x)) == x`."""

import base64
import re
from collections.abc import Callable
from typing import Final

from evidence.errors import EvidenceError

MAX_NUMBER: Final = 2**63 - 1
"""The largest size, index or time: what every implementation can hold."""

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def decimal(text: str, error: Callable[[str], EvidenceError]) -> int:
    """The number written as ASCII decimal without sign, blank, underscore or leading zero; else raises `error`."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_NUMBER:
        raise error("a number is not in plain decimal")
    return int(text)


def base64_bytes(text: str, error: Callable[[str], EvidenceError]) -> bytes:
    """The bytes written as RFC 4648 section 4 base64, padded and without stray bits; else raises `error`."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:  # also for text beyond ASCII
        raise error("not base64") from None
    if base64_text(data) != text:
        raise error("base64 in another than its one spelling")
    return data


def base64_text(data: bytes) -> str:
    """RFC 4648 section 4 base64, padded."""
    return base64.b64encode(data).decode("ascii")


def utf8(data: bytes, limit: int, error: Callable[[str], EvidenceError]) -> str:
    """The text of at most `limit` bytes of UTF-8 with no control character but LF; else raises `error`."""
    if len(data) > limit:
        raise error("longer than any that is made")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise error("not UTF-8") from None
    if any(character < " " and character != "\n" for character in text):
        raise error("a control character")
    return text
