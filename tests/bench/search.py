"""The search for what is left in a redacted file, against SHA-256 of the same bytes, in one thread, from memory."""

import hashlib
import os
import time
from collections.abc import Callable
from functools import partial

from redaction.finding import Finding
from redaction.leftovers import leftovers
from redaction.reader import BytesReader

_MIB = 1 << 20
_SIZE = 256 * _MIB
_PIECE = 32 * _MIB


class _Film:
    """Noise, as coded pictures are."""

    size = _SIZE

    def __init__(self) -> None:
        self._piece = os.urandom(_PIECE)

    def read(self, offset: int, length: int) -> bytes:
        """See `Reader.read`."""
        at = offset % _PIECE
        return self._piece[at : at + min(length, _SIZE - offset)]


def measure() -> None:
    """Print one table."""
    film = _Film()
    hashed = _rate(lambda: _hash(film))
    print("| search for what is left | places | MiB/s | SHA-256, MiB/s | ratio |")
    print("|---|---|---|---|---|")
    for places in (0, 1, 16):
        text = b"".join(b"+%02d.858222+%03d.294511/\n" % (number + 10, number + 100) for number in range(places))
        findings = [Finding(0, len(text), "mp4/udta/xyz")] if text else []
        rate = _rate(partial(leftovers, BytesReader(text), findings, film))
        print(f"| noise of {_SIZE // _MIB} MiB | {places} | {rate:.0f} | {hashed:.0f} | {rate / hashed:.2f} |")
    print()


def _hash(film: _Film) -> None:
    digest = hashlib.sha256()
    for offset in range(0, film.size, _MIB):
        digest.update(film.read(offset, _MIB))


def _rate(work: Callable[[], object]) -> float:
    """MiB for each second of processor time."""
    start = time.process_time()
    work()
    return _SIZE / _MIB / (time.process_time() - start)
