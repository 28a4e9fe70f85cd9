"""The database's rows as the log's events give them, every rule of custody checked on the way.

`rebuild` writes these rows; `fixity` compares them with those that are there.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Table

from evidence.custody import Custody, State, Subject
from evidence.errors import DocumentError
from evidence.event import Event, EventType
from evidence.exhibit import StoredObject, stored_objects
from evidence.fields import rfc3339
from evidence.identity import PublicLine
from evidence.release import Approval
from evidence.signed import SignedDocument
from evidence.trust import Trust
from vault.database import schema
from vault.setup import person_row

Row = Mapping[str, Any]
_SEALING: Final = frozenset({EventType.EXHIBIT_SEALED, EventType.STATEMENT_SEALED})
_JOINING: Final = frozenset({EventType.CUSTODIAN_ADDED, EventType.PARTNER_ENROLLED, EventType.AUDITOR_ENROLLED})


class Replay:
    """Takes events in log order; afterwards tells what the vault holds."""

    def __init__(self, trust: Trust) -> None:
        # Times are not looked at: a vault that rebuilds itself shall not stumble over a clock that was once set back.
        self.custody = Custody(trust.origin, trust.custodians, trust.quorum, {})
        self.cases: dict[str, Event] = {}
        self.exhibits: dict[str, Event] = {}
        self.requests: dict[str, Event] = {}
        self.objects: dict[str, tuple[StoredObject, Event]] = {}
        self.approvals: defaultdict[str, list[Approval]] = defaultdict(list)
        self._people: list[str] = []
        self._sealed_in = Counter[str]()  # exhibits by case, the destroyed ones too

    def apply(self, body: bytes) -> Event:
        """Take the next event; an EvidenceError when it is none, or may not stand where it does."""
        event = Event.parse(body)
        self.custody.apply(event)
        if event.type is EventType.CASE_OPENED:
            self.cases[event.case] = event
        elif event.type is EventType.EXHIBIT_SEALED:
            self.exhibits[event.exhibit] = event
            self._sealed_in[event.case] += 1
        elif event.type in _JOINING:
            self._people.append(str(event.detail.get("name", "")))
        elif event.type is EventType.RELEASE_REQUESTED:
            self.requests[str(event.detail.get("request", ""))] = event
        elif event.type is EventType.RELEASE_APPROVED:
            signed = SignedDocument.from_json(event.detail.get("signed"))
            self.approvals[str(event.detail.get("request", ""))].append(Approval.from_json(signed.document))
        if event.type in _SEALING:
            for stored in stored_objects(event.detail):
                self.objects[stored.key] = (stored, event)
        return event

    def kept(self) -> list[StoredObject]:
        """The objects that must be in the store: all but those of exhibits and cases that were withdrawn."""
        return [stored for key, (stored, _) in sorted(self.objects.items()) if self.is_kept(key)]

    def destroyed(self) -> dict[str, str]:
        """The exhibits that were destroyed, each with its case."""
        return {
            exhibit: event.case
            for exhibit, event in self.exhibits.items()
            if self.custody.state(Subject.EXHIBIT, exhibit) is State.DESTROYED
        }

    def lost_something(self, case: str) -> bool:
        """Whether anything of a case was withdrawn."""
        return (
            self.custody.kept(case) < self._sealed_in[case] or self.custody.state(Subject.CASE, case) is State.WITHDRAWN
        )

    def is_kept(self, key: str) -> bool:
        """Whether an object that was sealed must still be in the store."""
        _, event = self.objects[key]
        if event.exhibit:
            return self.custody.state(Subject.EXHIBIT, event.exhibit) is State.SEALED
        return self.custody.state(Subject.CASE, event.case) is State.OPEN

    def rows(self, verifier: Callable[[str], bytes]) -> list[tuple[Table, list[Row]]]:
        """The rows of each table that follows from events; `verifier(case)` is the case's receipt verifier."""
        return [
            (schema.people, list(self._people_rows())),
            (schema.cases, list(self._case_rows(verifier))),
            (schema.exhibits, list(self._exhibit_rows())),
            (schema.objects, list(self._object_rows())),
            (schema.requests, list(self._request_rows())),
            (schema.approvals, list(self._approval_rows())),
        ]

    def _people_rows(self) -> Iterable[Row]:
        for name in self._people:
            state, role, line = self.custody.about(Subject.PERSON, name)
            yield {**person_row(PublicLine.parse(line), role, self.custody.kind(name)), "state": state}

    def _case_rows(self, verifier: Callable[[str], bytes]) -> Iterable[Row]:
        statements = Counter(event.case for _, event in self.objects.values() if not event.exhibit)
        for case, event in self.cases.items():
            consent = self.custody.consent(case)
            yield {
                "consent": consent.scope.value,
                "code_key": consent.key,
                "case": case,
                "receipt_verifier": verifier(case),
                "state": self.custody.state(Subject.CASE, case).value,
                "opened": rfc3339(event.time),
                "exhibits": self._sealed_in[case],
                "statements": statements[case],
            }

    def _exhibit_rows(self) -> Iterable[Row]:
        for exhibit, event in self.exhibits.items():
            yield {
                "exhibit": exhibit,
                "case": event.case,
                "number": _number(event),
                "state": self.custody.state(Subject.EXHIBIT, exhibit).value,
                "outcome": str(event.detail.get("outcome", "")),
            }

    def _object_rows(self) -> Iterable[Row]:
        for key, (stored, event) in self.objects.items():
            yield {
                "key": key,
                "case": event.case,
                "exhibit": event.exhibit,
                "bytes": stored.size,
                "sha256": stored.sha256,
            }

    def _request_rows(self) -> Iterable[Row]:
        for request, event in self.requests.items():
            state = self.custody.state(Subject.REQUEST, request)
            yield {
                "request": request,
                "case": event.case,
                "partner": event.actor,
                "purpose": event.purpose,
                "state": state.value,
                "time": rfc3339(event.time),
                "chosen": self.custody.is_chosen(request),
            }

    def _approval_rows(self) -> Iterable[Row]:
        for request in self.requests:
            for key_id, objects in self.custody.request(request).approvals.items():
                yield {
                    "request": request,
                    "custodian": self.custody.custodians[key_id].name,
                    "objects_sha256": bytes.fromhex(objects),
                }


def _number(event: Event) -> int:
    number = event.detail.get("number")
    if not isinstance(number, int) or isinstance(number, bool):
        raise DocumentError("event: the member number is missing or malformed")
    return number
