"""Whether the log's files in the store are those that the database's events and the signed checkpoint give."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from evidence.errors import EvidenceError
from evidence.event import commitment
from evidence.tlog import checkpoint, tiles
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.merkle import Frontier, leaf_hash
from evidence.tlog.tiles import TILE_WIDTH
from vault.database import schema
from vault.errors import NotFound, StoreError
from vault.instance import Vault
from vault.sequencer import CHECKPOINT_KEY, EVENTS, LOG, event_path
from vault.store.protocol import Store

_TILES: Final = LOG + "tile/"
_PARTIAL: Final = ".p/"


def published(vault: Vault) -> Checkpoint:
    """The signed checkpoint in the store; NotFound or an EvidenceError when it is missing, changed or another log's."""
    return checkpoint.verify(vault.store.read(CHECKPOINT_KEY), [vault.trust.log], vault.trust.origin).checkpoint


def bodies(vault: Vault, size: int) -> Iterator[list[bytes]]:
    """The database's first `size` events, a bundle (256) at a time; fewer when events are missing."""
    events = schema.events
    for first in range(0, size, TILE_WIDTH):
        query = (
            select(events.c.body)
            .where(events.c.position >= first, events.c.position < min(first + TILE_WIDTH, size))
            .order_by(events.c.position)
        )
        with vault.database.reading() as connection:
            bundle = [bytes(body) for (body,) in connection.execute(query)]
        if not bundle:
            return
        yield bundle


def faults(vault: Vault) -> Iterator[tuple[str, str]]:
    """Key and fault of every file of the log that is missing or changed, and of events that the database lost."""
    try:
        head = published(vault)
    except (StoreError, EvidenceError) as error:
        yield CHECKPOINT_KEY, error.reason
        return
    tree, leaves = Frontier(), list[bytes]()
    for index, bundle in enumerate(bodies(vault, head.size)):
        entries = [commitment(body) for body in bundle]
        expected = b"".join(body + b"\n" for body in bundle)
        yield from _compared(vault.store, event_path(index, len(bundle)), expected)
        path = LOG + tiles.entries_path(index, len(bundle))
        yield from _compared(vault.store, path, tiles.encode_entries(entries))
        leaves += [leaf_hash(entry) for entry in entries]
    tree.extend(leaves)
    if tree.size != head.size or tree.root() != head.root:
        yield CHECKPOINT_KEY, "the database's events do not give its root"
    for path, data in tiles.new_tiles(0, leaves, _nothing):
        yield from _compared(vault.store, LOG + path, data)
    yield from _older_partials(vault.store)


def _nothing(path: str) -> bytes:
    raise LookupError(path)


def _compared(store: Store, key: str, expected: bytes) -> Iterator[tuple[str, str]]:
    try:
        if store.read(key) != expected:
            yield key, "it is not what the events give"
    except NotFound:
        # The log may have grown since: then a longer file has taken a partial one's place.
        if not any(_read(store, longer).startswith(expected) for longer in _versions(store, key)):
            yield key, "it is missing"
    except StoreError as error:
        yield key, error.reason


def _versions(store: Store, key: str) -> list[str]:
    """All files, whole or partial, of the tile or bundle whose partial `key` is; longest last."""
    name, partial, _ = key.partition(_PARTIAL)
    if not partial:
        return []
    widths = sorted(int(found.rpartition("/")[2]) for found in store.list(name + _PARTIAL))
    return [f"{name}{_PARTIAL}{width}" for width in widths] + ([name] if store.exists(name) else [])


def _older_partials(store: Store) -> Iterator[tuple[str, str]]:
    """Partial files that a longer one has overtaken may stay; then each is the beginning of the longest."""
    seen = set[str]()
    for prefix in (_TILES, EVENTS):
        for key in list(store.list(prefix)):
            name, partial, _ = key.partition(_PARTIAL)
            if not partial or name in seen:
                continue
            seen.add(name)
            *older, longest = _versions(store, key)
            data = _read(store, longest)
            yield from (
                (each, "it is not the beginning of a longer one")
                for each in older
                if not data.startswith(_read(store, each))
            )


def _read(store: Store, key: str) -> bytes:
    """What is at `key`, or nothing when it went meanwhile."""
    try:
        return store.read(key)
    except NotFound:
        return b""
