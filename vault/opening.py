"""The custodian's and the partner's side: open sealed files.

Never loaded by the service: the lint contract "Nothing that the service loads can open an exhibit" holds it apart.
"""

from collections.abc import Iterator, Sequence

from evidence.archive import Source
from evidence.errors import SealError
from evidence.exhibit import HEADER_LIMIT, key_commitment
from vault.age.errors import AgeError
from vault.age.identities import Identity, open_header
from vault.age.stream import Decryptor

CHUNK = 1024 * 1024  # bytes


class AgeOpener:
    """Opens age files with these identities, in pieces; satisfies `evidence.verify.Opener`."""

    def __init__(self, identities: Sequence[Identity]) -> None:
        self._identities = identities

    def __call__(self, source: Source) -> Iterator[bytes]:
        """The plaintext; SealError when no identity fits, or the file was changed or cut."""
        try:
            file_key, position = open_header(source.read(0, HEADER_LIMIT), self._identities)
            decryptor = Decryptor(file_key)
            while position < source.size:
                sealed = source.read(position, CHUNK)
                if not sealed:
                    break
                position += len(sealed)
                yield decryptor.update(sealed)
            yield decryptor.finish()
        except AgeError as error:
            raise SealError(error.reason) from None

    def key_commitment(self, source: Source) -> bytes:
        """The commitment to the file's key; SealError when no identity fits, or the header was changed."""
        try:
            return key_commitment(open_header(source.read(0, HEADER_LIMIT), self._identities)[0])
        except AgeError as error:
            raise SealError(error.reason) from None
