"""Custodians and partners are told that something is new: at the turn of an hour, without content, and no one else."""

import logging
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from tests.service import free_port
from tests.vault.hands import Hands
from tests.vault.making import Person, approve, ask, enrol, new_vault, person, report
from tests.vault.media import PHOTO
from vault.errors import SettingsError
from vault.instance import Vault, open_vault
from vault.notices import FILE, load
from vault.notification_schedule import Notifying
from vault.withdrawal import withdraw

HOUR = timedelta(hours=1)


@dataclass
class Receiver:
    """A web server to which notices go. `answer` is the status that it gives."""

    port: int
    bodies: list[bytes] = field(default_factory=list)
    answer: int = 200


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if made.answer == 200:
                made.bodies.append(str(self.headers).encode() + body)
            self.send_response(made.answer)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Receiver(server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@dataclass
class Told:
    """A vault, its clock, its people, and what its operator reads."""

    vault: Vault
    hands: Hands
    custodian: Person
    partner: Person
    other: Person
    said: list[str] = field(default_factory=list)

    def notifying(self, *entries: tuple[str, str]) -> Notifying:
        """The schedule of a process that begins now, without its thread."""
        write(self.vault.settings.folder, *entries)
        schedule = Notifying(self.vault, self.said.append, look_seconds=3600)
        schedule._notices = load(self.vault.settings.folder)
        return schedule

    def settle(self) -> None:
        """Wait until the log shows everything."""
        self.vault.sequencer.run_once()


def write(folder: Path, *entries: tuple[str, str]) -> Path:
    text = "".join(f'[[notice]]\nto = "{to}"\naddress = "{address}"\n' for to, address in entries)
    (folder / FILE).write_text(text)
    (folder / FILE).chmod(0o600)
    return folder / FILE


@pytest.fixture(scope="module")
def people() -> tuple[Person, Person, Person]:
    return person("custodian"), person("partner"), person("other")


@pytest.fixture
def told(tmp_path: Path, people: tuple[Person, Person, Person]) -> Iterator[Told]:
    custodian, partner, other = people
    new_vault(tmp_path / "vault", custodian)
    hands = Hands(datetime.now(UTC).replace(minute=5, second=0, microsecond=0) + HOUR)
    vault = open_vault(tmp_path / "vault", hands)
    vault.sequencer.start()
    enrol(vault, custodian, partner)
    enrol(vault, custodian, other)
    yield Told(vault, hands, custodian, partner, other)
    vault.close()


def webhook(receiver: Receiver, path: str = "") -> str:
    return f"json://127.0.0.1:{receiver.port}/{path}"


def test_custodians_are_told_once_at_the_turn_of_the_hour_whatever_came(told: Told, receiver: Receiver) -> None:
    schedule = told.notifying(("custodians", webhook(receiver)))
    assert schedule.run_due() == 0, "a new address is not told of the past"
    case = report(told.vault, PHOTO, statement="words that nobody else may read").case
    report(told.vault, PHOTO)
    told.settle()
    told.hands.moment += timedelta(minutes=50)
    assert schedule.run_due() == 0
    assert receiver.bodies == [], "not within the hour"
    told.hands.moment += timedelta(minutes=6)
    assert schedule.run_due() == 1
    assert schedule.run_due() == 0
    told.hands.moment += HOUR
    assert schedule.run_due() == 0, "nothing new since"
    (body,) = receiver.bodies
    assert b"There is something new. Sign in to see what." in body
    assert not re.search(rb"(?i)amparo|exhibit|words|vault|apprise", body)
    assert case.encode() not in body


def test_a_notice_is_the_same_for_one_case_and_for_many(told: Told, receiver: Receiver) -> None:
    schedule = told.notifying(("custodians", webhook(receiver)))
    schedule.run_due()
    for count in (1, 3):
        for _ in range(count):
            report(told.vault, PHOTO, statement="x" * count)
        told.settle()
        told.hands.moment += HOUR
        assert schedule.run_due() == 1
    assert receiver.bodies[0] == receiver.bodies[1]


def test_a_partner_is_told_of_what_was_decided_on_an_own_request_and_of_nothing_else(
    told: Told, receiver: Receiver
) -> None:
    schedule = told.notifying(("partner", webhook(receiver, "partner")), ("other", webhook(receiver, "other")))
    schedule.run_due()
    case = report(told.vault, PHOTO).case
    request = ask(told.vault, told.partner, case)
    ask(told.vault, told.other, case)
    told.settle()
    told.hands.moment += HOUR
    assert schedule.run_due() == 0
    approve(told.vault, told.custodian, told.partner, request, case)
    told.settle()
    told.hands.moment += HOUR
    assert schedule.run_due() == 1
    assert len(receiver.bodies) == 1


def test_an_auditor_by_group_hears_of_new_partners_and_nobody_else_does(told: Told, receiver: Receiver) -> None:
    schedule = told.notifying(
        ("auditors", webhook(receiver, "auditors")), ("partner", webhook(receiver)), ("nobody", webhook(receiver))
    )
    schedule.run_due()
    enrol(told.vault, told.custodian, person("newcomer"))
    told.settle()
    told.hands.moment += HOUR
    assert schedule.run_due() == 1
    assert len(receiver.bodies) == 1


def test_an_address_that_does_not_take_it_is_told_later_and_its_password_is_never_said(
    told: Told, receiver: Receiver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = told.notifying(("custodians", f"json://user:hunter2@127.0.0.1:{receiver.port}/"))
    schedule.run_due()
    report(told.vault, PHOTO)
    told.settle()
    told.hands.moment += HOUR
    receiver.answer = 500
    with caplog.at_level(logging.DEBUG):
        assert schedule.run_due() == 0
        assert schedule.run_due() == 0, "not again at once"
    assert told.said == [f"notices: entry 1 of {FILE} was not taken; tried again later"]
    assert "hunter2" not in caplog.text
    receiver.answer = 200
    monkeypatch.setattr("time.monotonic", lambda: 1e12)
    assert schedule.run_due() == 1
    assert len(receiver.bodies) == 1


def test_what_came_while_the_service_was_stopped_is_told_when_it_runs_again(told: Told, receiver: Receiver) -> None:
    told.notifying(("custodians", webhook(receiver))).run_due()
    report(told.vault, PHOTO)
    told.settle()
    told.hands.moment += 5 * HOUR
    assert told.notifying(("custodians", webhook(receiver))).run_due() == 1


def test_withdrawals_reach_custodians_and_two_processes_tell_once(told: Told, receiver: Receiver) -> None:
    found = report(told.vault, PHOTO)
    told.settle()
    processes = [told.notifying(("custodian", webhook(receiver))) for _ in range(2)]
    for process in processes:
        process.run_due()
    withdraw(told.vault, found.receipt)
    told.settle()
    told.hands.moment += HOUR
    threads = [threading.Thread(target=process.run_due) for process in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.bodies) == 1


def test_ntfy_and_e_mail_carry_it_too(told: Told, receiver: Receiver) -> None:
    letters: list[bytes] = []

    class Box(Sink):
        async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
            letters.append(bytes(envelope.content))  # type: ignore[attr-defined]  # an aiosmtpd Envelope
            return "250 OK"

    mail = Controller(Box(), hostname="127.0.0.1", port=free_port())
    mail.start()
    try:
        schedule = told.notifying(
            ("custodians", f"ntfy://127.0.0.1:{receiver.port}/topic"),
            ("custodians", f"mailto://127.0.0.1:{mail.port}?from=vault@example.org&to=desk@example.org&smtp=127.0.0.1"),
        )
        schedule.run_due()
        report(told.vault, PHOTO)
        told.settle()
        told.hands.moment += HOUR
        assert schedule.run_due() == 2
    finally:
        mail.stop()
    assert b"something new" in receiver.bodies[0]
    assert b"something new" in letters[0]
    assert not re.search(rb"(?i)amparo|apprise", letters[0])


@pytest.mark.parametrize(
    "text",
    [
        "notice = 3",
        "other = 3",
        '[[notice]]\nto = "custodians"',
        '[[notice]]\nto = "custodians"\naddress = ""',
        '[[notice]]\nto = "custodians"\naddress = "json://x"\nmore = 1',
        '[[notice]]\nto = "custodians"\naddress = "json://x"\ntext = ""',
        f'[[notice]]\nto = "custodians"\naddress = "json://x"\ntext = "{"x" * 301}"',
        '[[notice]]\nto = "custodians"\naddress = "json://x"\n' * 2,
        "[[notice",
    ],
)
def test_a_file_that_is_not_one_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(SettingsError) as refused:
        load(tmp_path)
    assert "json://x" not in str(refused.value)
    assert FILE in str(refused.value)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    write(tmp_path, ("custodians", "json://x")).chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load(tmp_path)


def test_without_a_file_nobody_is_told(tmp_path: Path) -> None:
    assert load(tmp_path) == []


def test_nothing_of_it_lies_on_the_disk(
    told: Told, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    schedule = told.notifying(("custodians", webhook(receiver)))
    schedule.run_due()
    report(told.vault, PHOTO)
    told.settle()
    told.hands.moment += HOUR
    assert schedule.run_due() == 1
    assert list(home.rglob("*")) == []
    shutil.rmtree(home)
