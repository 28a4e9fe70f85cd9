"""Seal so that it takes several custodians to open: an age header whose stanzas each wrap one share of the file key.

This is the public half; what unwraps and combines is `vault.shares`, which the service never loads. With a threshold of
1 the header is a plain age header. Docs: docs/formats.md, "Headers with shares".

Each share is bound to what it is a share of (`context`: the case and the object), so that a custodian who has no more
than this one share can still see that it is not of another case, and to all shares of the same split by a commitment to
each, so that a wrong one has a name.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from vault.age import encoding, header, shamir
from vault.age.errors import HeaderError
from vault.age.header import Stanza
from vault.age.recipients import Recipient, seal_header
from vault.age.wrapping import FILE_KEY_BYTES, TAG_BYTES, check_file_key, derive

SHARE_TYPE: Final = "amparo/share/1"
SHARE_BYTES: Final = FILE_KEY_BYTES + 1
_BODY_BYTES: Final = SHARE_BYTES + TAG_BYTES
_INFO: Final = b"amparo/share/1\0"
_COMMITMENT_INFO: Final = b"amparo/share-commitment/v1"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,2}")
_RECIPIENT_ID: Final = re.compile(r"[0-9a-f]{32}")
COMMITMENT_BYTES: Final = 32
_FIXED_ARGS: Final = 4

Entropy = Callable[[int], bytes]
"""So many bytes from a CSPRNG."""


@dataclass(frozen=True, slots=True)
class ShareStanza:
    """A stanza of ours, its form checked: the share for x of so many, `threshold` of which give the file key.

    `commitments` are those of all shares, for x = 1 onwards, 32 bytes each.
    """

    threshold: int
    x: int
    recipient_id: str
    share: bytes
    """What `Recipient.seal` calls so: the ephemeral half of the key agreement."""
    commitments: tuple[bytes, ...]
    body: bytes

    @classmethod
    def parse(cls, stanza: Stanza) -> "ShareStanza":
        """Read a stanza of type SHARE_TYPE; HeaderError when it is malformed."""
        args = stanza.args
        if len(args) <= _FIXED_ARGS or len(stanza.body) != _BODY_BYTES:
            raise HeaderError("malformed share stanza")
        if not all(_NUMBER.fullmatch(number) for number in args[:2]) or not _RECIPIENT_ID.fullmatch(args[2]):
            raise HeaderError("malformed share stanza")
        threshold, x = int(args[0]), int(args[1])
        commitments = tuple(encoding.decode(arg) for arg in args[_FIXED_ARGS:])
        if not (2 <= threshold <= len(commitments) <= shamir.SHARES and x <= len(commitments)):
            raise HeaderError("malformed share stanza")
        if any(len(each) != COMMITMENT_BYTES for each in commitments):
            raise HeaderError("malformed share stanza")
        return cls(threshold, x, args[2], encoding.decode(args[3]), commitments, stanza.body)

    def info(self, context: str) -> bytes:
        """What the sealed share is bound to."""
        return share_info(self.threshold, self.x, self.recipient_id, self.commitments, context)


def media_context(case: str, key: str) -> str:
    """What the shares of a stored object are bound to: its case and its place in the store."""
    return f"{case} {key}"


def seal_shares(
    file_key: bytes, recipients: Sequence[Recipient], threshold: int, context: str, entropy: Entropy
) -> bytes:
    """A header that opens with any `threshold` of the recipients, who are all custodians; a plain one when that is 1.

    Kinds of recipients may be mixed. Raises ValueError for a file key that has not 16 bytes and for a threshold that
    the recipients cannot meet.
    """
    check_file_key(file_key)
    if threshold == 1:
        return seal_header(file_key, recipients, allow_mixed=True)
    coefficients = entropy((threshold - 1) * FILE_KEY_BYTES)
    shares = shamir.split(file_key, threshold, len(recipients), coefficients)
    commitments = tuple(commitment(share) for share in shares)
    stanzas = []
    for share, recipient in zip(shares, recipients, strict=True):
        name = recipient_id(recipient)
        ephemeral, body = recipient.seal(share, share_info(threshold, share[-1], name, commitments, context))
        args = (str(threshold), str(share[-1]), name, encoding.encode(ephemeral), *map(encoding.encode, commitments))
        stanzas.append(Stanza(SHARE_TYPE, args, body))
    return header.encode(stanzas, file_key)


def takes_quorum(sealed: bytes) -> bool:
    """Whether a header wraps shares; such a header does not leave the vault. Raises HeaderError."""
    return any(stanza.type == SHARE_TYPE for stanza in header.parse(sealed).stanzas)


def recipient_id(recipient: Recipient) -> str:
    """32 hex digits by which the holder of the identity finds the stanza."""
    return hashlib.sha256(recipient.text.encode()).hexdigest()[:32]


def commitment(share: bytes) -> bytes:
    """What stands in the clear of a share, 32 bytes: it tells nothing of 128 random bits, and fits no other share."""
    return derive(share, b"", _COMMITMENT_INFO)


def share_info(threshold: int, x: int, recipient: str, commitments: Sequence[bytes], context: str) -> bytes:
    """The `info` under which a share is sealed; every part of the stanza but the ephemeral key is in it."""
    words = [str(threshold), str(x), recipient, *map(encoding.encode, commitments), context]
    return _INFO + "\0".join(words).encode()


def stanzas_for(sealed: bytes, index: int, count: int, recipient: Recipient) -> bytes:
    """Of a header, the stanzas that a custodian needs: the one of their own where it can be told, else all.

    `index` is the custodian's place among `count`, in whose order plain stanzas stand. Raises HeaderError.
    """
    stanzas = header.parse(sealed).stanzas
    shares = [each for each in stanzas if each.type == SHARE_TYPE and recipient_id(recipient) in each.args[2:3]]
    if shares:
        return header.encode_stanzas(shares[:1])
    return header.encode_stanzas(stanzas[index : index + 1] if len(stanzas) == count else stanzas)
