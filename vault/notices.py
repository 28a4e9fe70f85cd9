"""Whom the vault tells that something is new, and where: `DIR/notices.toml`, which need not exist.

```toml
[[notice]]
to = "custodians"            # or "auditors", or the name of one person
address = "ntfys://example.org/topic"   # any that Apprise knows: a webhook, e-mail, ntfy and many more
text = "Please look in."     # optional: the organisation's own words, in its own language
```

Addresses hold passwords, so the file is a secret like the log's key. A notice has no content: neither what is new nor
how much, and the same words each time.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from evidence.custody import State
from evidence.event import Event, EventType, Role
from vault.database import schema
from vault.errors import SettingsError
from vault.settings import read_secret

FILE: Final = "notices.toml"
TEXT_LIMIT: Final = 300  # characters
_TEXT: Final = "There is something new. Sign in to see what."
_GROUPS: Final[Mapping[str, str]] = {"custodians": Role.CUSTODIAN.value, "auditors": Role.AUDITOR.value}
_TOLD: Final[Mapping[str, frozenset[EventType]]] = {
    Role.CUSTODIAN.value: frozenset(
        {
            EventType.CASE_OPENED,
            EventType.STATEMENT_SEALED,
            EventType.EXHIBIT_SEALED,
            EventType.CONSENT_GIVEN,
            EventType.CONSENT_WITHDRAWN,
            EventType.RELEASE_REQUESTED,
            EventType.PARTNER_ENROLLED,
            EventType.AUDITOR_ENROLLED,
            EventType.WITNESS_ALARMED,
        }
    ),
    Role.AUDITOR.value: frozenset(
        {
            EventType.PARTNER_ENROLLED,
            EventType.PARTNER_REVOKED,
            EventType.PARTNER_CONFIRMED,
            EventType.AUDITOR_ENROLLED,
            EventType.AUDITOR_CONFIRMED,
            EventType.BUNDLE_SEALED,
            EventType.WITNESS_ALARMED,
        }
    ),
}
"""What everybody of a role is told of; a partner, of what was decided on the partner's own requests."""
_DECISIONS: Final = (EventType.BUNDLE_SEALED.value, EventType.RELEASE_DENIED.value)


@dataclass(frozen=True, slots=True)
class Notice:
    """One entry of the file."""

    to: str
    address: str
    text: str = _TEXT

    @property
    def key(self) -> str:
        """Under which the database remembers how far this one was told; tells nothing of the address."""
        return hashlib.sha256(f"{self.to}\n{self.address}".encode()).hexdigest()[:32]


def load(folder: Path) -> list[Notice]:
    """The entries of the vault's file, none when there is no file; SettingsError says what is wrong."""
    path = folder / FILE
    if not path.exists():
        return []
    try:
        document = tomllib.loads(read_secret(path).decode())
    except ValueError:
        raise SettingsError(f"{FILE} is not TOML") from None
    entries = document.pop("notice", [])
    if document or not isinstance(entries, list):
        raise SettingsError(f"{FILE} has a member that this version does not know; entries begin with [[notice]]")
    notices = [_entry(entry) for entry in entries]
    if len({notice.key for notice in notices}) < len(notices):
        raise SettingsError(f"{FILE} names an address twice for the same people")
    return notices


def _entry(entry: object) -> Notice:
    match entry:
        case {"to": str(to), "address": str(address), **rest} if to and address and not rest.keys() - {"text"}:
            text = rest.get("text", _TEXT)
        case _:
            raise SettingsError(f"{FILE}: an entry needs to, address, and nothing else but text")
    if not isinstance(text, str) or not 0 < len(text) <= TEXT_LIMIT:
        raise SettingsError(f"{FILE}: text is empty, too long, or no text")
    return Notice(to, address, text)


def concerned(connection: Connection, notice: Notice, first: int, end: int) -> bool:
    """Whether the log's events from `first` to `end` hold something for those whom the notice is for."""
    events, people, requests = schema.events, schema.people, schema.requests
    role = _GROUPS.get(notice.to)
    if role is None:
        named = select(people.c.role).where(people.c.name == notice.to, people.c.state == State.ENROLLED.value)
        role = connection.execute(named).scalar() or ""
    kinds = _DECISIONS if role == Role.PARTNER.value else [each.value for each in _TOLD.get(role, ())]
    query = select(events.c.body).where(events.c.position >= first, events.c.position < end, events.c.type.in_(kinds))
    if role != Role.PARTNER.value:
        return connection.execute(query.limit(1)).first() is not None
    own = set(connection.execute(select(requests.c.request).where(requests.c.partner == notice.to)).scalars())
    return any(Event.parse(bytes(body)).authority in own for body in connection.execute(query).scalars())
