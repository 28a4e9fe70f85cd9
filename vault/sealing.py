"""Seal bytes: an age header and a payload, and what the log commits to about them.

Who can open them is the header's matter: `Vault.header` and `Vault.media_header`. Sealing needs public keys only. The
file key lives in memory while the object is written and is then forgotten.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from evidence.exhibit import StoredObject, header_length, key_commitment
from vault.age.files import encrypt, encrypt_payload, encrypt_pieces
from vault.age.recipients import Recipient
from vault.age.stream import NONCE_BYTES, Encryptor
from vault.store.protocol import Store

FILE_KEY_BYTES: Final = 16
HEADER: Final = ".header"
PAYLOAD: Final = ".payload"

HeaderOf = Callable[[bytes], bytes]
"""Gives the age header that wraps a file key."""


@dataclass(frozen=True, slots=True)
class SealedPayload:
    """An object that was sealed and stored, and the commitment to its file key for the exhibit record."""

    stored: StoredObject
    key_commitment: bytes


def seal_small(store: Store, key: str, plaintext: bytes, header_of_key: HeaderOf) -> SealedPayload:
    """Seal a small object as one age file at `key`, where nothing may be yet: AlreadyExists.

    The hash and length are of its payload section.
    """
    file_key = secrets.token_bytes(FILE_KEY_BYTES)
    header = header_of_key(file_key)
    sealed = header + encrypt_payload(plaintext, file_key, secrets.token_bytes(NONCE_BYTES))
    store.create(key, sealed)
    payload = memoryview(sealed)[len(header) :]
    return SealedPayload(StoredObject(key, len(payload), hashlib.sha256(payload).digest()), key_commitment(file_key))


def seal_pieces(store: Store, key: str, pieces: Iterable[bytes], header_of_key: HeaderOf) -> SealedPayload:
    """`seal_small` of what is too large to hold twice, written as it comes; `key` must be a new one."""
    file_key, digest, size = secrets.token_bytes(FILE_KEY_BYTES), hashlib.sha256(), 0
    with store.write(key) as writer:
        writer.write(header_of_key(file_key))
        for sealed in encrypt_pieces(pieces, file_key, secrets.token_bytes(NONCE_BYTES)):
            digest.update(sealed)
            size += len(sealed)
            writer.write(sealed)
        writer.commit()
    return SealedPayload(StoredObject(key, size, digest.digest()), key_commitment(file_key))


def seal_bytes(plaintext: bytes, recipients: Sequence[Recipient]) -> bytes:
    """A whole age file in memory."""
    file_key, nonce = secrets.token_bytes(FILE_KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
    return encrypt(plaintext, file_key, nonce, recipients, allow_mixed=True)


class PayloadSealer:
    """Writes `key`.payload as plaintext passes by, then `key`.header; nothing stays unless `commit` is called."""

    def __init__(self, store: Store, key: str, header_of_key: HeaderOf) -> None:
        self._store, self._key, self._header_of_key = store, key, header_of_key
        self._file_key = secrets.token_bytes(FILE_KEY_BYTES)
        self._encryptor = Encryptor(self._file_key, secrets.token_bytes(NONCE_BYTES))
        self._digest = hashlib.sha256()
        self._size = 0
        self._writer = store.write(key + PAYLOAD)

    def __enter__(self) -> Self:
        self._writer.__enter__()
        self._write(self._encryptor.start())
        return self

    def __exit__(self, *reason: object) -> None:
        self._writer.__exit__(None, None, None)

    def update(self, plaintext: bytes) -> None:
        """Seal the next bytes."""
        self._write(self._encryptor.update(plaintext))

    def commit(self) -> SealedPayload:
        """Finish the payload and store the header, both durable on return."""
        self._write(self._encryptor.finish())
        self._writer.commit()
        self._store.put(self._key + HEADER, self._header_of_key(self._file_key))
        stored = StoredObject(self._key, self._size, self._digest.digest())
        return SealedPayload(stored, key_commitment(self._file_key))

    def _write(self, sealed: bytes) -> None:
        self._digest.update(sealed)
        self._size += len(sealed)
        self._writer.write(sealed)


def media_key(exhibit: str) -> str:
    """Where an exhibit's media lies, without `.header` or `.payload`."""
    return f"exhibits/{exhibit}/media"


def payload_of(store: Store, key: str) -> tuple[str, int]:
    """Key of the object that holds the payload section, and the offset at which it begins there."""
    if key.endswith("/media"):
        return key + PAYLOAD, 0
    with store.open(key) as reader:
        return key, header_length(reader.read(0, 1 << 20))


def header_of(store: Store, key: str) -> bytes:
    """The age header of a sealed object."""
    if key.endswith("/media"):
        return store.read(key + HEADER, 1 << 20)
    with store.open(key) as reader:
        head = reader.read(0, 1 << 20)
    return head[: header_length(head)]
