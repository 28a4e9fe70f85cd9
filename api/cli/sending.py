"""Send files so that a lost connection costs nothing: tus 1.0 from the client's side, with patience."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from api.cli.failures import CheckFailed
from api.cli.output import Progress
from api.client import Client, ServerError
from api.tus import CONTENT_TYPE, EXHIBIT, VERSION
from evidence.ids import Receipt

CHUNK: Final = 256 * 1024  # bytes
TRIES: Final = 15  # in a row without a byte of progress: about four minutes
PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds before the next try; the last again and again
PASSING: Final = frozenset(
    {"unreachable", "upload-busy", "offset-differs", "unavailable", "log-stalled", "too-slow", "case-busy", "internal"}
)
"""Problems that may be gone at the next try."""


class Sending:
    """Sends files to one case; `uploads` is where the vault takes them."""

    def __init__(
        self, client: Client, receipt: Receipt, uploads: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client, self._uploads, self._sleep = client, uploads, sleep
        self._own = {"Tus-Resumable": VERSION, "Authorization": f"Receipt {receipt}"}

    def send(self, path: Path, progress: Progress) -> int:
        """The number of the exhibit that the file became.

        ServerError at once where trying again is of no use, else after TRIES.
        """
        size = path.stat().st_size
        headers = self._client.request("POST", self._uploads, {**self._own, "Upload-Length": str(size)})
        # Only its path: the receipt goes to no other server than the one that the person named.
        address, best, failures, shown = urlsplit(headers["Location"]).path, 0, 0, _Shown(progress)
        while EXHIBIT not in headers:
            offset = int(headers["Upload-Offset"])
            shown.reach(offset)
            if offset > best:
                best, failures = offset, 0
            patch = {**self._own, "Content-Type": CONTENT_TYPE, "Upload-Offset": str(offset)}
            body = shown.passing(_bytes(path, offset, size))
            try:
                headers = self._client.request("PATCH", address, {**patch, "Content-Length": str(size - offset)}, body)
            except ServerError as error:
                headers, failures = self._come_back(address, error, failures)
            else:
                if EXHIBIT not in headers:
                    raise CheckFailed("the file became shorter while it was sent", "send it again")
        shown.reach(size)
        return int(headers[EXHIBIT])

    def _come_back(self, address: str, error: ServerError, failures: int) -> tuple[Mapping[str, str], int]:
        """How the upload stands, once the vault answers again; and how often it failed by then."""
        while error.code in PASSING and failures < TRIES:
            self._sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1
            try:
                return self._client.request("HEAD", address, self._own), failures
            except ServerError as again:
                error = again
        raise error


class _Shown:
    """How much of one file the progress bar shows."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._reached = progress, 0

    def reach(self, offset: int) -> None:
        self._progress.update(offset - self._reached)
        self._reached = offset

    def passing(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            yield chunk
            self.reach(self._reached + len(chunk))


def _bytes(path: Path, offset: int, size: int) -> Iterator[bytes]:
    """The file from `offset` to `size`, even if it grows meanwhile; its name stays here."""
    left = size - offset
    with path.open("rb") as file:
        file.seek(offset)
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
