"""A server in the hands of somebody who may do anything with it: database, store, and the log's own key."""

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from evidence.canonical import Json
from evidence.event import Event, EventType, Role
from evidence.identity import PublicLine
from evidence.release import ReleasedObject, Request, objects_digest
from evidence.signed import SignedDocument, sign
from tests.service import Person
from vault import bundles
from vault.instance import Vault
from vault.release import ask


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

    def copy_headers(self, source: str, target: str) -> None:
        """Give a request the headers that a custodian wrapped to the same partner for another one."""
        for key in list(self.vault.store.list(f"releases/{source}/headers/")):
            self.vault.store.put(key.replace(source, target), self.vault.store.read(key))

    def headers(self, request: str) -> dict[str, bytes]:
        """The headers that were wrapped to the partner, by the key of the object."""
        prefix = f"releases/{request}/headers/custodian/"
        keys = list(self.vault.store.list(prefix))
        return {
            key.removeprefix(prefix).split("/", 1)[1].removesuffix(".header"): self.vault.store.read(key)
            for key in keys
        }

    def substitute(self, request: str, headers: Mapping[str, bytes]) -> None:
        """Release with other headers than those that were approved, and make the database fit them."""
        with self.vault.database.transaction() as connection:
            rows = connection.exec_driver_sql("select key, sha256 from objects").all()
        hashes = {row.key: bytes(row.sha256) for row in rows}
        released = [ReleasedObject(key, hashes[key], hashlib.sha256(data).digest()) for key, data in headers.items()]
        digest = objects_digest(released)
        for key, data in headers.items():
            self.vault.store.put(f"releases/{request}/headers/custodian/{digest.hex()}/{key}.header", data)
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

    def bundle(self, request: str, partner: str) -> bytes:
        """The bundle that the vault's code now seals for the request, even if it did so before."""
        self.vault.store.delete(f"releases/{request}/parts.json")
        bundles.seal(self.vault, request, lambda *_: "read me")
        reader = bundles.open_bundle(self.vault, request, partner)
        return b"".join(reader.chunks(0, reader.size))

    def _change(self, statement: str, *values: str | bytes) -> None:
        connection = sqlite3.connect(self.vault.settings.folder / "vault.db", timeout=30)
        try:
            connection.execute(statement, values)
            connection.commit()
        finally:
            connection.close()
