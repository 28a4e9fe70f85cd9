"""What people do with a vault, each in three parts: before the service may die, while it may, and after it came back.

`attempt` may break off anywhere. `complete` does what a client does whose connection broke: it asks how things stand,
tries again, and requires that everything it was told before is still so.
"""

import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from api.cli.vaults import credentials
from tests import media
from tests.service import JSON, Person, World, amparo
from tests.tus import Tus
from vault.instance import open_vault

SECONDS: Final = 30.0
LARGE_BYTES: Final = 10 << 20  # more than one part of a multipart upload


class Deed(Protocol):
    """One piece of work."""

    @property
    def clear(self) -> list[bytes]:
        """What must be found nowhere."""
        ...

    def prepare(self) -> None:
        """What it needs; the service is well meanwhile."""
        ...

    def attempt(self, folder: Path) -> None:
        """Do it, as far as it goes; a new folder to write to."""
        ...

    def complete(self, folder: Path) -> None:
        """Finish it with a service that is well again."""
        ...


@dataclass
class Form:
    """A report by the plain form, with the place kept; sent again when there was no answer."""

    world: World
    clear: list[bytes] = field(default_factory=list)
    answer: Any = None
    receipt: str = ""

    def prepare(self) -> None:
        self.clear = [secrets.token_hex(20).encode(), media.noise(48)]

    def attempt(self, folder: Path) -> None:  # noqa: ARG002 -- nothing is downloaded
        words, photo = self.clear
        named = [("a.jpg", photo), ("b.jpg", photo)]
        self.answer = self.world.report(named, words.decode(), keep_place=True, receipt=self.receipt)

    def complete(self, folder: Path) -> None:
        if self.answer is None:
            self.attempt(folder)
        told = [each["exhibit"] for each in self.answer["exhibits"]]
        seen = seen_with(self.world, self.receipt or self.answer["receipt"])
        assert set(told) <= {each["exhibit"] for each in seen["exhibits"]}
        assert [each["number"] for each in seen["exhibits"]] == list(range(1, len(seen["exhibits"]) + 1))


@dataclass
class Addition(Form):
    """The same, added to a case that is there."""

    before: Any = None

    def prepare(self) -> None:
        super().prepare()
        self.before = self.world.report([("first.jpg", media.noise(16))], "what happened")
        self.receipt = self.before["receipt"]

    def complete(self, folder: Path) -> None:
        super().complete(folder)
        first = self.before["exhibits"][0]["exhibit"]
        assert first in {each["exhibit"] for each in seen_with(self.world, self.receipt)["exhibits"]}


@dataclass
class Resumed:
    """A file by tus in three requests; its sender asks for the offset and goes on from there."""

    world: World
    clear: list[bytes] = field(default_factory=list)
    data: bytes = b""
    tus: Tus | None = None
    path: str = ""
    told: int = 0
    number: str = ""

    def prepare(self) -> None:
        self.data = media.noise(64)
        self.clear = [self.data]

    def attempt(self, folder: Path) -> None:  # noqa: ARG002 -- nothing is downloaded
        self.tus = self.tus or Tus.case_at(self.world.address)
        self.path = self.path or self.tus.begin(len(self.data), filename="a.jpg")
        while not self.number:
            end = self.told + len(self.data) // 3 + 1
            answer = self.tus.patch(self.path, self.told, self.data[self.told : end])
            assert answer.status_code == 204, answer.text
            self._hear(answer)

    def complete(self, folder: Path) -> None:
        if self.path and self.tus:
            answer = self.tus.head(self.path)
            assert answer.status_code == 200, answer.status_code
            assert int(answer.headers["upload-offset"]) >= self.told
            known = self.number
            self._hear(answer)
            assert known in ("", self.number)
        self.attempt(folder)
        assert self.tus is not None
        seen = self.tus.seen()["exhibits"]
        assert [str(each["number"]) for each in seen] == [self.number] == ["1"]
        assert seen[0]["bytes"] == len(self.data)

    def _hear(self, answer: httpx.Response) -> None:
        self.told = int(answer.headers["upload-offset"])
        self.number = answer.headers.get("amparo-exhibit", "")


@dataclass
class Large(Resumed):
    """The same with a file of several parts."""

    def prepare(self) -> None:
        photo = media.noise(32)
        self.data = photo + secrets.token_bytes(LARGE_BYTES - len(photo))
        self.clear = [self.data[:4096], self.data[-4096:]]


@dataclass
class Release:
    """A partner asks for a case, a custodian approves, the partner fetches the bundle and opens it."""

    world: World
    clear: list[bytes] = field(default_factory=list)
    case: str = ""
    request: str = ""

    def prepare(self) -> None:
        photo = media.noise(48)
        self.clear = [photo]
        self.case = self.world.report([("a.jpg", photo)], "a case to release")["case"]

    def attempt(self, folder: Path) -> None:
        self.request = self.world.ask(self.case)
        self.world.as_custodian("approve", self.request)
        self.world.as_partner("download", self.request, "-o", folder / "bundle.zip")

    def complete(self, folder: Path) -> None:
        known = [
            each["request"] for each in self.world.as_partner("requests", "--json").json if each["case"] == self.case
        ]
        assert self.request in ("", *known)
        self.request = known[0] if known else self.world.ask(self.case)
        partner = ("partner", "-i", self.world.partner.key, "--server", self.world.address, "download", self.request)
        custodian = ("custodian", "-i", self.world.custodian.key, "--server", self.world.address)
        deadline = time.monotonic() + SECONDS
        while (done := amparo(*partner, "-o", folder / "again.zip")).code != 0:
            assert time.monotonic() < deadline, done.err
            amparo(*custodian, "--trust", self.world.trust_file, "approve", self.request)
            time.sleep(0.1)
        assert self.world.open(folder / "again.zip", folder / "opened").code == 0
        sealed = [event for event in self.world.events() if event["type"] == "bundle.sealed"]
        assert sum(event["detail"]["request"] == self.request for event in sealed) == 1


@dataclass
class Withdrawal:
    """A source takes back one exhibit of two, of a case that was released."""

    world: World
    clear: list[bytes] = field(default_factory=list)
    numbers: list[int] | None = field(default_factory=lambda: [1])
    sent: Any = None
    request: str = ""

    def prepare(self) -> None:
        photo = media.noise(48)
        self.clear = [photo]
        self.sent = self.world.report([("a.jpg", photo), ("b.jpg", photo)], "to be taken back", keep_place=True)
        self.request = self.world.ask(self.sent["case"])
        self.world.as_custodian("approve", self.request)

    def attempt(self, folder: Path) -> None:  # noqa: ARG002 -- nothing is downloaded
        headers = {**JSON, "Authorization": f"Receipt {self.sent['receipt']}"}
        body = {} if self.numbers is None else {"exhibits": self.numbers}
        url = self.world.address + "/api/receipt/withdraw"
        answer = httpx.post(url, json=body, headers=headers, trust_env=False, timeout=60)
        assert answer.status_code == 200, answer.text

    def complete(self, folder: Path) -> None:
        self.attempt(folder)
        gone = [each["exhibit"] for each in self.sent["exhibits"] if each["number"] in (self.numbers or [1, 2])]
        kept = [each["exhibit"] for each in self.sent["exhibits"] if each["exhibit"] not in gone]
        with contextlib.closing(open_vault(self.world.vault, credentials=credentials())) as vault:
            for exhibit in gone:
                assert [key for key in vault.store.list(f"exhibits/{exhibit}/") if not key.endswith(".payload")] == []
            for exhibit in kept:
                assert vault.store.exists(f"exhibits/{exhibit}/media.header")
            assert list(vault.store.list(f"releases/{self.request}/")) == []
        events = [event["exhibit"] for event in self.world.events() if event["type"] == "exhibit.destroyed"]
        assert [events.count(exhibit) for exhibit in gone] == [1] * len(gone)


@dataclass
class WholeWithdrawal(Withdrawal):
    """The same with the whole case."""

    numbers: list[int] | None = None


@dataclass
class Interrupted:
    """A live upload whose sender is never heard of again becomes an exhibit by itself (`live_seconds` must be few)."""

    world: World
    clear: list[bytes] = field(default_factory=list)
    tus: Tus | None = None
    path: str = ""
    told: int = 0

    def prepare(self) -> None:
        self.clear = [media.noise(64)]

    def attempt(self, folder: Path) -> None:  # noqa: ARG002 -- nothing is downloaded
        data = self.clear[0]
        self.tus = self.tus or Tus.case_at(self.world.address)
        self.path = self.path or self.tus.begin(len(data), channel="live")
        half = len(data) // 2
        if self.told < half:
            answer = self.tus.patch(self.path, self.told, data[self.told : half])
            assert answer.status_code == 204, answer.text
            self.told = half
        self._until_sealed()

    def complete(self, folder: Path) -> None:
        if self.tus is None or not self.path or not self.told:
            self.tus, self.path, self.told = None, "", 0  # nothing of it was acknowledged
            self.attempt(folder)
        self._until_sealed()
        assert self.tus is not None
        assert [each["outcome"] for each in self.tus.seen()["exhibits"]] == ["interrupted"]

    def _until_sealed(self) -> None:
        assert self.tus is not None
        deadline = time.monotonic() + SECONDS
        while not self.tus.seen()["exhibits"]:
            assert time.monotonic() < deadline, "it is never sealed"
            time.sleep(0.1)


@dataclass
class ConsentChange:
    """A source lets another have its case than before."""

    world: World
    clear: list[bytes] = field(default_factory=list)
    sent: Any = None

    def prepare(self) -> None:
        self.clear = [secrets.token_hex(20).encode()]
        self.sent = self.world.report((), self.clear[0].decode())

    def attempt(self, folder: Path) -> None:  # noqa: ARG002 -- nothing is downloaded
        headers = {**JSON, "Authorization": f"Receipt {self.sent['receipt']}"}
        url = self.world.address + "/api/receipt/consent"
        answer = httpx.post(url, json={"consent": "my-lawyer"}, headers=headers, trust_env=False, timeout=60)
        assert answer.status_code == 200, answer.text
        self.clear.append(answer.json()["code"].encode())

    def complete(self, folder: Path) -> None:
        self.attempt(folder)
        seen = seen_with(self.world, self.sent["receipt"])
        assert (seen["consent"], seen["code"].encode()) == ("my-lawyer", self.clear[1])
        given = [event["case"] for event in self.world.events() if event["type"] == "consent.given"]
        assert given.count(self.sent["case"]) == 1


@dataclass
class Enrolling:
    """A custodian enrols a partner."""

    world: World
    clear: list[bytes] = field(default_factory=list)
    partner: Person | None = None

    def prepare(self) -> None:
        self.partner = Person.new(self.world.folder, f"partner-{secrets.token_hex(4)}")

    def attempt(self, folder: Path) -> None:  # noqa: ARG002 -- nothing is downloaded
        assert self.partner is not None
        self.world.enrol(self.partner, "partner")

    def complete(self, folder: Path) -> None:
        assert self.partner is not None
        with contextlib.suppress(AssertionError):  # refused, where it was recorded and only the answer was lost
            self.attempt(folder)
        assert self.world.as_partner("requests", "--json", partner=self.partner).json == []
        enrolled = [event["detail"]["name"] for event in self.world.events() if event["type"] == "partner.enrolled"]
        assert enrolled.count(self.partner.name) == 1


DEEDS: Final[tuple[Callable[[World], Deed], ...]] = (
    Form,
    Addition,
    Resumed,
    Large,
    Release,
    Withdrawal,
    WholeWithdrawal,
    Interrupted,
    ConsentChange,
    Enrolling,
)


def seen_with(world: World, receipt: str) -> Any:
    """What the source sees who comes back."""
    headers = {**JSON, "Authorization": f"Receipt {receipt}"}
    answer = httpx.get(f"{world.address}/api/receipt", headers=headers, trust_env=False, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()
