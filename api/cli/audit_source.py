"""What `amparo audit` reads, over HTTP: the public log's files, and the events in pages."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from api.client import Client, ServerError
from evidence.audit_replay import ServedEvent
from evidence.errors import DocumentError

_REFUSALS: Final = frozenset({"not-signed", "not-allowed", "unreachable"})
"""The fault of the asker or of the way, not the log's."""


class AuditSource:
    """One vault. `unserved` is what it answered instead of events; they count as missing."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.unserved: list[ServerError] = []

    def fetch(self, path: str) -> bytes:
        """See `evidence.audit.Fetch`."""
        return self._client.get_bytes(f"/log/{path}")

    def events(self, start: int, size: int) -> Iterator[ServedEvent]:
        """See `evidence.audit.Events`. The next page is fetched while one is being checked."""
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self._page, start, size)
            while start < size:
                page = coming.result()
                start += len(page)
                if not page:
                    return
                if start < size:
                    coming = ahead.submit(self._page, start, size)
                yield from page

    def _page(self, start: int, size: int) -> list[ServedEvent]:
        """One page; a DocumentError, which the audit reports as a finding, when the answer is none."""
        try:
            answer: Any = self._client.get("/api/audit/events", start=start, size=size)
            return [ServedEvent(each["event"].encode(), each["database"] is True) for each in answer["events"]]
        except ServerError as error:
            if error.code in _REFUSALS:
                raise
            self.unserved.append(error)  # what was found so far is told all the same
            return []
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise DocumentError("the vault's answer is not a page of events") from None
