"""What a crash may leave half done: noted in the transaction that begins it, and struck out when all of it is done.

So a service that starts asks for what is left, and not for everything that was ever done.
"""

from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from evidence.custody import State
from vault.database import schema
from vault.instance import Vault


class Work(StrEnum):
    """What takes several steps, and what names it."""

    WITHDRAWAL = "withdrawal"  # of a case, or of exhibits in it: the case
    BUNDLE = "bundle"  # a request whose quorum is met


def note(connection: Connection, work: Work, name: str) -> None:
    """Note that it has begun; once more changes nothing."""
    strike(connection, work, name)
    connection.execute(insert(schema.unfinished).values(work=work.value, name=name))


def strike(connection: Connection, work: Work, name: str) -> None:
    """It is done."""
    rows = schema.unfinished
    connection.execute(delete(rows).where(rows.c.work == work.value, rows.c.name == name))


def done(vault: Vault, work: Work, name: str) -> None:
    """`strike` in a transaction of its own."""
    with vault.database.transaction() as connection:
        strike(connection, work, name)


def left(vault: Vault, work: Work) -> list[str]:
    """The names of what was begun and is not done, in order."""
    rows = schema.unfinished
    with vault.database.reading() as connection:
        query = select(rows.c.name).where(rows.c.work == work.value).order_by(rows.c.name)
        return list(connection.execute(query).scalars())


def note_everything(connection: Connection) -> None:
    """Note all that may be half done, by the rows: for a database that was just filled from the store."""
    cases, exhibits, requests = schema.cases, schema.exhibits, schema.requests
    destroyed = select(exhibits.c.case).where(exhibits.c.state == State.DESTROYED.value)
    withdrawn = select(cases.c.case).where(cases.c.state == State.WITHDRAWN.value)
    begun = select(requests.c.request).where(requests.c.state.in_((State.APPROVED.value, State.SEALED.value)))
    names = {
        Work.WITHDRAWAL: set(connection.execute(destroyed).scalars()) | set(connection.execute(withdrawn).scalars()),
        Work.BUNDLE: set(connection.execute(begun).scalars()),
    }
    rows = [{"work": work.value, "name": name} for work, found in names.items() for name in sorted(found)]
    if rows:
        connection.execute(insert(schema.unfinished), rows)
