"""Ask log witnesses to cosign our checkpoints (c2sp.org/tlog-witness, the client's side).

Whatever a witness does, the log goes on: the checkpoint is published with the cosignatures that came in time, and those
who verify it apply their policy. Two things are alarms, which somebody has to look into, and never tried again in
silence: a witness that refuses our proof, and one that saw a longer log than ours. Either somebody else signs with our
key, or our own history was rewritten.
"""

import base64
import ipaddress
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import httpx

from evidence.errors import EvidenceError, NoteError
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.lines import decimal
from evidence.tlog.note import Note, Signature, parse_signatures
from evidence.tlog.policy import Policy, Witness
from vault.errors import SettingsError
from vault.outgoing import Answer, post

Prove = Callable[[int], Sequence[bytes]]
"""What proves that the checkpoint follows from the log of a size: hashes of 32 bytes (RFC 6962 2.1.2)."""

ANSWER_SECONDS: Final = 5.0  # for one answer, to its last byte
ALL_SECONDS: Final = 8.0  # for all of them; who comes later counts next time
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 600.0  # seconds before a witness that failed is asked again
_SIZE_TYPE: Final = "text/x.tlog.size"


class Standing(StrEnum):
    """How it last went with a witness; the words stand in `/health` and in the log of the service."""

    NEW = "not asked yet"
    COSIGNED = "cosigned"
    AWAY = "did not answer"
    REFUSED = "does not cosign this log"
    ALARM = "saw another history of this log"


@dataclass(slots=True)
class _Asked:
    """One witness, and what we know of it."""

    witness: Witness
    size: int = 0
    standing: Standing = Standing.NEW
    pause: float = 0.0
    not_before: float = 0.0
    busy: threading.Lock = field(default_factory=threading.Lock)


class Witnesses:
    """The witnesses of a policy that have an address. SettingsError when one may not be asked there."""

    def __init__(self, policy: Policy) -> None:
        self._asked = [_Asked(each) for each in policy.witnesses if each.url]
        for each in self._asked:
            require_address(each.witness.url)

    def cosign(self, note: Note, prove: Prove) -> Note:
        """The note with the cosignatures that come in time."""
        due = self._due()
        if not due:
            return note
        threads = ThreadPoolExecutor(len(due), thread_name_prefix="witness")
        try:
            coming = [threads.submit(_ask, each, note, prove) for each in due]
            done, _ = wait(coming, ALL_SECONDS)
            return note.with_signatures(line for answer in coming if answer in done for line in answer.result())
        finally:
            threads.shutdown(wait=False)

    def wanting(self, note: Note) -> bool:
        """Whether somebody may be asked who has not cosigned this note."""
        there = {(line.name, line.key_id) for line in note.signatures}
        return any((each.witness.key.name, each.witness.key.key_id) not in there for each in self._due())

    def _due(self) -> list[_Asked]:
        now = time.monotonic()
        return [each for each in self._asked if now >= each.not_before and each.standing != Standing.ALARM]

    def standings(self) -> dict[str, str]:
        """How it last went, by the witness's name in the policy."""
        return {each.witness.name: each.standing.value for each in self._asked}

    def named(self, standing: Standing) -> set[str]:
        """The witnesses with whom it last went so, by their names in the policy."""
        return {each.witness.name for each in self._asked if each.standing == standing}


def require_address(url: str) -> None:
    """SettingsError unless it is https, or stays on this machine or in an onion service."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    private = host == "localhost" or host.endswith(".onion") or _is_loopback(host)
    if (
        not host
        or parts.query
        or parts.fragment
        or not (parts.scheme == "https" or (parts.scheme == "http" and private))
    ):
        raise SettingsError("the address of a log witness is not https://…; correct the witness policy")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _ask(asked: _Asked, note: Note, prove: Prove) -> list[Signature]:
    if not asked.busy.acquire(blocking=False):
        return []  # it still thinks about the checkpoint before
    try:
        lines = _Exchange(asked, note, prove).run()
        asked.standing, asked.pause = Standing.COSIGNED, 0.0
    except _Alarm:
        asked.standing = Standing.ALARM
        sys.stderr.write("amparo: ALARM: a log witness saw another history of this log; see deploy/README.md\n")
        return []
    except (_Refused, EvidenceError):
        _pause(asked, Standing.REFUSED)
        return []
    except httpx.HTTPError:
        _pause(asked, Standing.AWAY)
        return []
    finally:
        asked.busy.release()
    return lines


def _pause(asked: _Asked, standing: Standing) -> None:
    asked.standing = standing
    asked.pause = min(max(2 * asked.pause, FIRST_PAUSE), LONGEST_PAUSE)
    asked.not_before = time.monotonic() + asked.pause


class _Refused(Exception):
    """An answer that asking again will not change."""


class _Alarm(Exception):
    """The witness saw what does not fit our history."""


class _Exchange:
    """One checkpoint brought to one witness."""

    def __init__(self, asked: _Asked, note: Note, prove: Prove) -> None:
        self._asked, self._note, self._prove = asked, note, prove
        self._size = Checkpoint.parse(note.text).size

    def run(self) -> list[Signature]:
        """The witness's cosignatures, checked. A second try tells it the size that it said it knows."""
        for _ in range(2):
            answer = self._post(min(self._asked.size, self._size))
            if answer.status == httpx.codes.OK:
                return self._cosignatures(answer.body)
            if answer.status == httpx.codes.UNPROCESSABLE_ENTITY:
                raise _Alarm
            if answer.status != httpx.codes.CONFLICT:
                break
            if answer.kind.partition(";")[0].strip() != _SIZE_TYPE:
                raise _Alarm  # as versions of the specification answer that find another root at our own size
            self._asked.size = decimal(answer.body.decode("ascii", "replace").removesuffix("\n"), NoteError)
            if self._asked.size > self._size:
                raise _Alarm
        if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise httpx.RemoteProtocolError("the witness has an error of its own")
        raise _Refused

    def _post(self, old: int) -> Answer:
        proof = "".join(f"{base64.b64encode(node).decode()}\n" for node in self._prove(old))
        body = f"old {old}\n{proof}\n".encode() + self._note.encode()
        return post(self._asked.witness.url.rstrip("/") + "/add-checkpoint", body, "text/plain", ANSWER_SECONDS)

    def _cosignatures(self, body: bytes) -> list[Signature]:
        key = self._asked.witness.key
        ours = [line for line in parse_signatures(body) if (line.name, line.key_id) == (key.name, key.key_id)]
        for line in ours:
            key.verify(self._note.text.encode(), line.signature)
        if not ours:
            raise _Refused
        self._asked.size = self._size
        return ours
