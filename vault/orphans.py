"""Objects that no event names: what a crash left behind between storing them and recording them.

They are sealed like everything else and nobody was told of them. They are deleted once they are a day old, because what
is younger may be about to be recorded; and only while the log is well, because a database that forgot events would make
orphans of evidence.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from vault.errors import NotFound, StoreError
from vault.instance import Vault
from vault.receipts import case_key
from vault.replay import Replay
from vault.sealing import HEADER, PAYLOAD

AGE: Final = timedelta(days=1)
_RECEIPT_VIEW: Final = "/receipt/"


def find(vault: Vault, replay: Replay) -> Iterator[str]:
    """The keys that none of the replayed events names, in order."""
    for prefix in ("exhibits/", "cases/"):
        yield from (key for key in vault.store.list(prefix) if not _named(key, replay))


def remove(vault: Vault, found: list[str], replayed: Callable[[], Replay]) -> list[str]:
    """Delete those of `found` that are older than a day and that still no event names; their keys.

    `replayed` gives the events up to this moment. What cannot be deleted now, a locked payload for one, stays.
    """
    latest, gone = vault.clock.now() - AGE, list[str]()
    old = [key for key in found if _older(vault, key, latest)]
    replay = replayed()
    for key in old:
        if not _named(key, replay):
            with contextlib.suppress(StoreError):
                vault.store.delete(key)
                gone.append(key)
    return gone


def _older(vault: Vault, key: str, latest: datetime) -> bool:
    try:
        return vault.store.stored_at(key) < latest
    except NotFound:
        return False


def _named(key: str, replay: Replay) -> bool:
    folder, view, exhibit = key.partition(_RECEIPT_VIEW)
    case = folder.split("/")[1]
    known = exhibit in replay.exhibits if view else case in replay.cases and key == case_key(case)
    return known or key.removesuffix(HEADER).removesuffix(PAYLOAD) in replay.objects
