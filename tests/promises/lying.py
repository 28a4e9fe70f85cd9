"""A server in the hands of somebody who may do anything with it: database, store, and the log's own key."""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from io import BytesIO

from evidence.canonical import Json
from evidence.event import Event, EventType, Role
from evidence.identity import PublicLine
from evidence.release import ReleasedObject, Request, objects_digest, objects_list
from evidence.signed import SignedDocument, sign
from tests.service import Person
from vault import bundles
from vault.assembling import Assembly, Release, ReleasePart, keys_of
from vault.instance import Vault
from vault.places import approved_objects
from vault.release import ask
from vault.release_papers import read_objects
from vault.sealing import payload_of


@dataclass(frozen=True)
class Liar:
    """Forges what the vault's own code would not do, and lets that code do the rest."""

    vault: Vault

    def ask(self, partner: Person, case: str) -> str:
        """A partner's good request, as the server takes it."""
        document = Request(self.vault.trust.origin, case, "court", self.vault.now())
        return ask(self.vault, partner.line, sign(document.to_json(), partner.line, partner.signing_key))

    def pretend_approved(self, request: str, like: str) -> None:
        """Make the database say that the custodian approved what was approved under another request."""
        self._change("update requests set state = 'approved' where request = ?", request)
        copied = "insert into approvals select ?, custodian, objects_sha256 from approvals where request = ?"
        self._change(copied, request, like)

    def pretend_enrolled(self, line: PublicLine) -> None:
        """Make the database say that somebody is a partner."""
        row = (line.name, "partner", str(line), line.key_id, "enrolled")
        self._change("insert into people (name, role, line, key_id, state) values (?, ?, ?, ?, ?)", *row)

    def exchange(self, line: PublicLine) -> None:
        """Make the database give another public line for somebody's name."""
        self._change("update people set line = ?, key_id = ? where name = ?", str(line), line.key_id, line.name)

    def copy_papers(self, source: str, target: str) -> None:
        """Give a request what custodians answered to the same partner for another one."""
        for kind in ("objects", "answers"):
            for key in list(self.vault.store.list(f"releases/{source}/{kind}/")):
                self.vault.store.put(key.replace(source, target), self.vault.store.read(key))

    def objects(self, request: str) -> list[ReleasedObject]:
        """What was approved."""
        (key,) = self.vault.store.list(f"releases/{request}/objects/")
        return read_objects(self.vault.store, request, bytes.fromhex(key.rpartition("/")[2].removesuffix(".json")))

    def substitute(self, request: str, objects: list[ReleasedObject]) -> None:
        """Release other objects than those that were approved, and make the database fit them."""
        digest = objects_digest(objects)
        self.vault.store.put(approved_objects(request, digest), objects_list(objects))
        self._change("update approvals set objects_sha256 = ? where request = ?", digest, request)

    def approval_of(self, request: str) -> SignedDocument:
        """What a custodian really signed for a request."""
        with self.vault.database.transaction() as connection:
            rows = connection.exec_driver_sql("select body from events where type = 'release.approved'").all()
        events = [Event.parse(bytes(row.body)) for row in rows]
        return next(
            SignedDocument.from_json(event.detail["signed"]) for event in events if event.detail["request"] == request
        )

    def record(
        self, kind: EventType, role: Role, actor: str, detail: Mapping[str, Json], case: str = "", authority: str = ""
    ) -> None:
        """Put an event into the log, signed by the log key like any other."""
        event = self.vault.event(kind, role, actor, case=case, authority=authority, detail=detail)
        self.vault.sequencer.record_and_wait(lambda _: [event])

    def record_approval(self, request: str, case: str, signed: SignedDocument, actor: str = "custodian") -> None:
        detail: dict[str, Json] = {"request": request, "signed": signed.to_json()}
        self.record(EventType.RELEASE_APPROVED, Role.CUSTODIAN, actor, detail, case, request)

    def bundle(self, request: str, partner: Person, keys: Mapping[str, bytes]) -> bytes:
        """The bundle of what the vault's code now seals for the request, even if it did so before.

        It holds what the store holds, whatever the log says was sealed. The keys are those that the partner got by a
        true release, or the liar's own; so what fails is not for want of a key.
        """
        store = self.vault.store
        store.delete(f"releases/{request}/parts.json")
        bundles.seal(self.vault, request, lambda *_: "read me")
        told = Release.from_json(bundles.release_document(self.vault, request, partner.name))
        found = [self._stored(request, part) for part in told.parts]
        parts = [
            replace(part, size=len(data), sha256=hashlib.sha256(data).digest())
            for part, data in zip(told.parts, found, strict=True)
        ]
        file = BytesIO()
        assembly = Assembly(replace(told, parts=tuple(parts)), keys, partner.identity.recipient)
        assembly.write(file, lambda _: nullcontext(iter(found)), lambda _: None)
        return file.getvalue()

    def _stored(self, request: str, part: ReleasePart) -> bytes:
        key, start = payload_of(self.vault.store, part.key) if part.key else (f"releases/{request}/bag/{part.path}", 0)
        return self.vault.store.read(key)[start:]

    def keys(self, request: str, partner: Person) -> Mapping[str, bytes]:
        """What the partner can open of a true release."""
        told = Release.from_json(bundles.release_document(self.vault, request, partner.name))
        return keys_of(told, partner.identity).keys

    def _change(self, statement: str, *values: str | bytes) -> None:
        connection = sqlite3.connect(self.vault.settings.folder / "vault.db", timeout=30)
        try:
            connection.execute(statement, values)
            connection.commit()
        finally:
            connection.close()
