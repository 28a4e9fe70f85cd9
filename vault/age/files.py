"""Whole files held in memory: statements, records, reports. Opening one is `vault.age.identities.decrypt`."""

from collections.abc import Iterable, Iterator, Sequence

from vault.age.recipients import Recipient, seal_header
from vault.age.stream import Encryptor


def encrypt(
    plaintext: bytes, file_key: bytes, nonce: bytes, recipients: Sequence[Recipient], *, allow_mixed: bool = False
) -> bytes:
    """Make an age file. `file_key` and `nonce`, 16 bytes each, come fresh from a CSPRNG and are used once.

    Raises ValueError as `vault.age.recipients.seal_header` does.
    """
    return seal_header(file_key, recipients, allow_mixed=allow_mixed) + encrypt_payload(plaintext, file_key, nonce)


def encrypt_payload(plaintext: bytes, file_key: bytes, nonce: bytes) -> bytes:
    """The payload alone, for whichever header will wrap this file key."""
    return b"".join(encrypt_pieces([plaintext], file_key, nonce))


def encrypt_pieces(pieces: Iterable[bytes], file_key: bytes, nonce: bytes) -> Iterator[bytes]:
    """`encrypt_payload` of what comes in pieces, as it comes."""
    encryptor = Encryptor(file_key, nonce)
    yield encryptor.start()
    for piece in pieces:
        yield encryptor.update(piece)
    yield encryptor.finish()
