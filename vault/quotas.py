"""How much of the vault is in use by what nobody knows the sender of, and when it is full.

Nothing here looks at who asks: over an onion service all visitors have one address, and addresses are not kept.
"""

import shutil

from sqlalchemy import func, select

from vault.database import schema
from vault.errors import CaseFull, NoSpace
from vault.instance import Vault
from vault.staging import Phase

COPIES = 3
"""How often a file may lie on the disk for a moment: as it arrived, in the spool, and as an exhibit."""


def fill(vault: Vault) -> float:
    """How full the room for unfinished uploads is: their number or their bytes, whichever is nearer to its limit."""
    uploads, settings = schema.uploads, vault.settings
    query = select(func.count(), func.coalesce(func.sum(uploads.c.received), 0)).where(
        uploads.c.state == Phase.OPEN.value
    )
    with vault.database.reading() as connection:
        count, received = connection.execute(query).one()
    return max(int(count) / settings.uploads_at_once, int(received) / settings.waiting_bytes)


def require_room_in_case(vault: Vault, case: str, length: int | None) -> None:
    """CaseFull when too many uploads of the case are under way, or more bytes than a report may have."""
    uploads, settings = schema.uploads, vault.settings
    query = select(func.count(), func.coalesce(func.sum(func.coalesce(uploads.c.length, uploads.c.received)), 0)).where(
        uploads.c.case == case, uploads.c.state == Phase.OPEN.value
    )
    with vault.database.reading() as connection:
        count, announced = connection.execute(query).one()
    if count >= settings.report_files or int(announced) + (length or 0) > settings.report_bytes:
        raise CaseFull("too much of this case is under way")


def require_space(vault: Vault, length: int = 0, *, known: bool = False) -> None:
    """NoSpace when the disk is nearly full, or would be with `length` more bytes.

    What goes on with something `known` may use three quarters of the reserve: who began before the disk got full shall
    be able to finish.
    """
    reserve = vault.settings.free_bytes // 4 if known else vault.settings.free_bytes
    if free_bytes(vault) < reserve + COPIES * length:
        raise NoSpace("the disk is nearly full")


def free_bytes(vault: Vault) -> int:
    """What is free where uploads wait or where they rest, whichever is less; a store may not tell."""
    free = [shutil.disk_usage(vault.settings.spool).free, vault.store.free()]
    return min(each for each in free if each is not None)
