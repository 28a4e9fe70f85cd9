"""No request reads a whole table: what a vault does for one case costs no more among a hundred million.

Everything that people do is done once, to a running service whose statements are written down; then each database is
asked how it would look for the rows.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import Engine, create_engine, event

from api.cli.main import main
from evidence.authority import Authority
from tests.api.serving import serving
from tests.oracles import postgresql
from tests.tus import Tus
from tests.vault import making
from tests.vault.making import Person, new_vault, person
from tests.vault.media import PHOTO
from vault.database.connection import parse_url
from vault.instance import open_vault
from vault.notices import Notice, concerned
from vault.release import views
from vault.timestamp_schedule import due
from vault.withdrawal import finish

LARGE: Final = ("events", "exhibits", "objects", "cases", "requests", "approvals")
"""The tables that grow for ever. The others hold people, uploads under way, nonces of an hour, and single values."""

ASKED_FOR: Final = (
    "FROM requests ORDER BY",
    "FROM requests JOIN cases",
    "FROM approvals ORDER BY",
    "SELECT DISTINCT requests.partner",
)
"""Who asks for all requests gets all, and who approved them; who asks for all people, who vouched for them."""


class Statements:
    """What was sent to the database, each text once, with the values of its first time."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def note(self, _: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        if re.match(r"\s*(SELECT|UPDATE|DELETE)\b", statement):
            self.seen.setdefault(statement, parameters[0] if many else parameters)


@contextlib.contextmanager
def written_down() -> Iterator[Statements]:
    statements = Statements()
    event.listen(Engine, "before_cursor_execute", statements.note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", statements.note)


def do_everything(folder: Path, custodian: Person, partner: Person, auditor: Person, work: Path) -> None:
    """What sources, custodians, partners, auditors and visitors do."""
    keys = {each.line.name: each.write(work) for each in (custodian, partner, auditor)}
    with serving(folder) as service:

        def amparo(*words: str | Path, who: str = "", role: str = "") -> None:
            front = [role, "-i", keys[who], "--server", service.address] if role else []
            assert main([str(word) for word in (*front, *words)]) == 0, words

        amparo("upload", PHOTO, "--server", service.address, "--statement", "words", "--keep-place")
        for kind, name in (("partner", "partner"), ("auditor", "auditor")):
            amparo("enrol", work / f"{name}.pub", "--role", kind, who="custodian", role="custodian")
        amparo("people", who="custodian", role="custodian")
        tus = Tus.case_at(service.address)
        photo = PHOTO.read_bytes()
        tus.patch(tus.begin(len(photo)), 0, photo)
        tus.begin(10)
        case = tus.seen()["case"]
        amparo("review", case, "-o", work / "seen", who="custodian", role="custodian")
        amparo("request", case, "--purpose", "a hearing", who="partner", role="partner")
        with contextlib.closing(open_vault(folder)) as vault:
            request = views(vault)[0].request
        for role, who in (("custodian", "custodian"), ("partner", "partner")):
            amparo("requests", who=who, role=role)
        amparo("approve", request, who="custodian", role="custodian")
        amparo("download", request, "-o", work / "case.zip", who="partner", role="partner")
        amparo("audit", service.address, "--trust", folder / "trust.json", "-i", keys["auditor"])
        for page in ("/", "/health", "/log", "/log/checkpoint"):
            assert httpx.get(service.address + page, trust_env=False).status_code == 200
        shown = {"Authorization": f"Receipt {tus.receipt}"}
        withdrawn = httpx.post(service.address + "/api/receipt/withdraw", json={}, headers=shown, trust_env=False)
        assert withdrawn.status_code == 200
    with contextlib.closing(open_vault(folder)) as vault:
        finish(vault)
        due(vault, Authority("nobody", "https://tsa.example/", ""))
        with vault.database.reading() as connection:
            for to in ("custodians", "auditors", "partner"):
                concerned(connection, Notice(to, "x"), 0, 10)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgresql":
        server: postgresql.Server = request.getfixturevalue("server")
        made = server.new_database()
        with making.databases(lambda: made):
            yield made
    else:
        yield f"sqlite:///{tmp_path}/vault/vault.db"


def test_what_people_do_reads_no_table_from_end_to_end(url: str, tmp_path: Path) -> None:
    custodian, partner, auditor = person("custodian"), person("partner"), person("auditor")
    new_vault(tmp_path / "vault", custodian)
    (tmp_path / "work").mkdir()
    with written_down() as statements:
        do_everything(tmp_path / "vault", custodian, partner, auditor, tmp_path / "work")
    assert len(statements.seen) > 40
    engine = create_engine(parse_url(url))
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET enable_seqscan = off")  # otherwise it reads tables as small as these whole
        whole = {
            statement: plan
            for statement, parameters in statements.seen.items()
            if not any(each in statement for each in ASKED_FOR)
            and (plan := reads_whole(connection, statement, parameters))
        }
    engine.dispose()
    assert whole == {}, "\n".join(f"{each}\n  -> {plan}" for each, plan in whole.items())


def reads_whole(connection: Any, statement: str, parameters: Any) -> list[str]:
    """The lines of the plan that read a large table, or an index on it, from end to end."""
    if connection.dialect.name == "postgresql":
        rows = connection.exec_driver_sql("EXPLAIN " + statement, parameters).scalars().all()
        return [row for row in rows if re.search(rf"Seq Scan on ({'|'.join(LARGE)})\b", row)]
    rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters).all()
    return [row[3] for row in rows if re.match(rf"SCAN ({'|'.join(LARGE)})\b", row[3])]
