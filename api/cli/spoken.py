"""Six words for a public line, which two people compare by voice: whether what arrived is what was sent.

The words are those of BIP 39 in English, eleven bits each, of scrypt (RFC 7914) over the line with a fixed salt: who
wants to send another line with the same words has to try 2**66 lines, at 16 MiB and some twentieth of a second each.
docs/formats.md, "Identities".
"""

import hashlib
from functools import cache
from typing import Final

from mnemonic import Mnemonic

from api.cli.failures import WrongUse
from evidence.identity import PublicLine

WORDS: Final = 6
_BITS: Final = 11
_SALT: Final = b"amparo/words/v1"


def words_of(line: PublicLine) -> str:
    """The six words, with single spaces."""
    length = -(-WORDS * _BITS // 8)
    digest = hashlib.scrypt(str(line).encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=length)
    number = int.from_bytes(digest) >> (8 * length - WORDS * _BITS)
    places = [number >> _BITS * place & (1 << _BITS) - 1 for place in reversed(range(WORDS))]
    return " ".join(_list()[place] for place in places)


def require_words(line: PublicLine, heard: str) -> None:
    """WrongUse unless what was heard are the line's six words."""
    if heard.lower().split() != words_of(line).split():
        raise WrongUse(
            "these are not the six words of this public line",
            "ask for the words again by voice; if they differ once more, the line is somebody else's: enrol nobody",
        )


@cache
def _list() -> list[str]:
    return list(Mnemonic("english").wordlist)
