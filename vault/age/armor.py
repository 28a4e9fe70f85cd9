"""The ASCII armor of age files, read strictly. The vault stores and accepts the binary form only.

Source: c2sp.org/age, "ASCII armor" (the strict PEM of RFC 7468, label `AGE ENCRYPTED FILE`).
"""

import binascii
from typing import Final

from vault.age.errors import ArmorError

_BEGIN: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_END: Final = b"-----END AGE ENCRYPTED FILE-----"
_COLUMNS: Final = 64
_BLANKS: Final = b" \t\r\n"


def decode(text: bytes) -> bytes:
    """Return the binary file inside the armor; blanks around the armor and CRLF line ends are allowed.

    Raises ArmorError for anything else around or inside it, and for base64 that is not padded and canonical.
    """
    first, *lines = text.strip(_BLANKS).replace(b"\r\n", b"\n").split(b"\n")
    if first != _BEGIN or not lines or lines.pop() != _END:
        raise ArmorError("the armor's first or last line is missing")
    if any(len(line) != _COLUMNS for line in lines[:-1]) or (lines and not 0 < len(lines[-1]) <= _COLUMNS):
        raise ArmorError("an armored line has not 64 columns")
    body = b"".join(lines)
    try:
        data = binascii.a2b_base64(body, strict_mode=True)
    except ValueError:
        raise ArmorError("armor is not base64") from None
    # One comparison refuses every other spelling of the same bytes.
    if binascii.b2a_base64(data, newline=False) != body:
        raise ArmorError("armor is not canonical base64")
    return data
