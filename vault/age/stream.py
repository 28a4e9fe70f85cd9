"""The age payload: a nonce, then chunks of 64 KiB, each authenticated with its place and with whether it is the last.

Source: c2sp.org/age, "Payload" (the STREAM construction). A payload belongs to a file key, not to a header.
"""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from vault.age.errors import HeaderError, PayloadError
from vault.age.wrapping import TAG_BYTES, check_file_key, derive

CHUNK: Final = 65536
SEALED_CHUNK: Final = CHUNK + TAG_BYTES
NONCE_BYTES: Final = 16

Octets = bytes | bytearray | memoryview


class Encryptor:
    """Encrypts one payload: `start` once, `update` as often as wanted, `finish` once; their results joined are it.

    A file key is for one payload: a header would fit either of two. Keeps back up to 64 KiB, because a chunk can be
    sealed only when it is known whether another follows.
    """

    def __init__(self, file_key: bytes, nonce: bytes) -> None:
        """Raise ValueError unless both have 16 bytes; both must come fresh from a CSPRNG."""
        self._aead = _payload_cipher(file_key, nonce)
        self._nonce = nonce
        self._held = bytearray(CHUNK)
        self._held_bytes = 0
        self._counter = 0
        self._started = self._finished = False

    def start(self) -> bytes:
        """Return what a payload begins with: the nonce."""
        if self._started:
            raise RuntimeError("started already")
        self._started = True
        return self._nonce

    def update(self, data: Octets) -> bytes:
        """Take more plaintext; return the ciphertext that is ready, in whole chunks."""
        self._check_running()
        view = memoryview(data).cast("B")
        ready = (self._held_bytes + len(view) - 1) // CHUNK
        if ready <= 0:
            self._hold(view)
            return b""
        sealed = bytearray(ready * SEALED_CHUNK)
        target = memoryview(sealed)
        position = done = 0
        if self._held_bytes:
            position = CHUNK - self._held_bytes
            self._hold(view[:position])
            self._seal_into(self._held, target[:SEALED_CHUNK])
            self._held_bytes = 0
            done = 1
        for place in range(done * SEALED_CHUNK, len(sealed), SEALED_CHUNK):
            self._seal_into(view[position : position + CHUNK], target[place : place + SEALED_CHUNK])
            position += CHUNK
        self._hold(view[position:])
        return bytes(sealed)

    def finish(self) -> bytes:
        """Return the final chunk."""
        self._check_running()
        self._finished = True
        last = self._aead.encrypt(
            _chunk_nonce(self._counter, last=True), memoryview(self._held)[: self._held_bytes], None
        )
        # The plaintext should not outlive its use in our own buffer.
        self._held[:] = bytes(CHUNK)
        return last

    def _check_running(self) -> None:
        if not self._started or self._finished:
            raise RuntimeError("not between start and finish")

    def _hold(self, view: memoryview) -> None:
        self._held[self._held_bytes : self._held_bytes + len(view)] = view
        self._held_bytes += len(view)

    def _seal_into(self, plaintext: Octets, target: memoryview) -> None:
        self._aead.encrypt_into(_chunk_nonce(self._counter, last=False), plaintext, None, target)
        self._counter += 1


class Decryptor:
    """Decrypts one payload as it arrives, nonce first.

    Everything returned is authenticated as to content and place, but only `finish` tells that nothing is missing or
    added at the end: until it returns, the plaintext is a prefix. After an error no call is answered.
    """

    def __init__(self, file_key: bytes) -> None:
        """Raise ValueError unless the key has 16 bytes."""
        check_file_key(file_key)
        self._file_key = file_key
        self._aead: ChaCha20Poly1305 | None = None
        self._held = bytearray()
        self._counter = 0
        self._final = False
        self._usable = True

    def update(self, data: Octets) -> bytes:
        """Take more ciphertext; return the plaintext of each chunk that is complete. Raises PayloadError."""
        self._check_usable()
        view = memoryview(data).cast("B")
        if self._aead is None:
            view = self._take_nonce(view)
        plaintext = []
        if self._held:
            missing = SEALED_CHUNK - len(self._held)
            self._held += view[:missing]
            view = view[missing:]
            if len(self._held) == SEALED_CHUNK:
                plaintext.append(self._open_full(self._held))
                self._held.clear()
        whole = len(view) // SEALED_CHUNK * SEALED_CHUNK
        plaintext.extend(self._open_full(view[at : at + SEALED_CHUNK]) for at in range(0, whole, SEALED_CHUNK))
        self._held += view[whole:]
        if self._final and self._held:
            raise PayloadError("data follows the final chunk")
        self._usable = True
        return b"".join(plaintext)

    def finish(self) -> bytes:
        """Return the rest of the plaintext, once it is certain that nothing was cut off.

        Raises PayloadError, or HeaderError when the file ended before its nonce (so the age vectors have it).
        """
        self._check_usable()
        if self._aead is None:
            raise HeaderError("the file ends before its payload")
        if self._final:
            return b""
        last = _open(self._aead, self._counter, self._held, last=True)
        if not last and self._counter:
            raise PayloadError("the final chunk is empty")
        return last

    def _check_usable(self) -> None:
        """Refuse a call after `finish` or an error; a call that succeeds makes the object usable again."""
        if not self._usable:
            raise RuntimeError("finished or failed already")
        self._usable = False

    def _take_nonce(self, view: memoryview) -> memoryview:
        missing = NONCE_BYTES - len(self._held)
        self._held += view[:missing]
        if len(self._held) == NONCE_BYTES:
            self._aead = _payload_cipher(self._file_key, bytes(self._held))
            self._held.clear()
            return view[missing:]
        return view[:0]

    def _open_full(self, sealed: Octets) -> bytes:
        """Open a chunk of full length, which only its tag tells to be the final one or not."""
        if self._final or self._aead is None:
            raise PayloadError("data follows the final chunk")
        try:
            plaintext = _open(self._aead, self._counter, sealed, last=False)
        except PayloadError:
            plaintext = _open(self._aead, self._counter, sealed, last=True)
            self._final = True
        self._counter += 1
        return plaintext


class SeekableDecryptor:
    """Random access to the plaintext of a payload that lies elsewhere.

    `read(offset, length)` fetches bytes of the payload, offset 0 being the nonce's first. The last chunk is verified as
    final at once, so `size` is the true size of the plaintext in bytes.
    """

    def __init__(self, file_key: bytes, size: int, read: Callable[[int, int], bytes]) -> None:
        """Raise PayloadError when `size`, in bytes, is not a payload's or its last chunk does not authenticate."""
        self.size = plaintext_size(size)
        self._fetch = read
        self._aead = _payload_cipher(file_key, self._fetch_exactly(0, NONCE_BYTES))
        self._last = max(0, self.size - 1) // CHUNK
        place = NONCE_BYTES + self._last * SEALED_CHUNK
        sealed = self._fetch_exactly(place, size - place)
        self._last_plaintext = _open(self._aead, self._last, sealed, last=True)

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes of plaintext from `offset`, fewer at the end.

        One fetch, of the chunks that cover the range: memory is about twice `length`. Raises PayloadError when a chunk
        does not authenticate, ValueError for a negative argument.
        """
        if offset < 0 or length < 0:
            raise ValueError("a negative offset or length")
        end = min(offset + length, self.size)
        if offset >= end:
            return b""
        first, last = offset // CHUNK, (end - 1) // CHUNK
        plaintext = self._open_chunks(first, min(last, self._last - 1))
        if last == self._last:
            plaintext.append(self._last_plaintext)
        skip = offset - first * CHUNK
        return b"".join(plaintext)[skip : skip + end - offset]

    def _open_chunks(self, first: int, last: int) -> list[bytes]:
        """Open the chunks from `first` to `last`, both included; none of them is the final one."""
        count = last - first + 1
        if count <= 0:
            return []
        sealed = memoryview(self._fetch_exactly(NONCE_BYTES + first * SEALED_CHUNK, count * SEALED_CHUNK))
        return [
            _open(self._aead, first + step, sealed[step * SEALED_CHUNK : (step + 1) * SEALED_CHUNK], last=False)
            for step in range(count)
        ]

    def _fetch_exactly(self, offset: int, length: int) -> bytes:
        data = self._fetch(offset, length)
        if len(data) != length:
            raise PayloadError("the payload is shorter than it should be")
        return data


def payload_size(plaintext_size: int) -> int:
    """Size in bytes of the payload (nonce and chunks) of so many bytes of plaintext. Raises ValueError if negative."""
    if plaintext_size < 0:
        raise ValueError("a negative size")
    chunks = max(1, -(-plaintext_size // CHUNK))
    return NONCE_BYTES + plaintext_size + chunks * TAG_BYTES


def plaintext_size(payload_size: int) -> int:
    """Size in bytes of the plaintext of a payload of so many bytes. Raises PayloadError if no payload has that."""
    sealed = payload_size - NONCE_BYTES
    chunks = -(-sealed // SEALED_CHUNK)
    plaintext = sealed - chunks * TAG_BYTES
    if chunks < 1 or plaintext < 0 or (chunks > 1 and plaintext <= (chunks - 1) * CHUNK):
        raise PayloadError("no payload has this size")
    return plaintext


def _payload_cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    check_file_key(file_key)
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a payload nonce has 16 bytes")
    return ChaCha20Poly1305(derive(file_key, nonce, b"payload"))


def _chunk_nonce(counter: int, *, last: bool) -> bytes:
    return (counter << 8 | last).to_bytes(12, "big")


def _open(aead: ChaCha20Poly1305, counter: int, sealed: Octets, *, last: bool) -> bytes:
    try:
        return aead.decrypt(_chunk_nonce(counter, last=last), sealed, None)
    except InvalidTag:
        raise PayloadError("a chunk does not authenticate") from None
