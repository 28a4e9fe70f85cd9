"""The timestamps that a bundle carries: of each authority the first that covers all that the source sent."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select

from evidence import bundle_stamps
from evidence.event import Event, EventType
from evidence.timestamps import StampRecord
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.merkle import prove_consistency
from evidence.tlog.note import Note
from evidence.tlog.tiles import TileNodes
from vault.database import schema
from vault.errors import NotFound
from vault.instance import Vault
from vault.sequencer import LOG


def papers(vault: Vault, size: int, last: int) -> dict[str, bytes]:
    """What was stamped and how, by the path in the bag, among the log's first `size` events.

    Each stamp covers the event `last`, if one of its authority does. Of an authority that has stamped nothing so young
    yet: its newest. Of one whose files are lost: none, since no release waits for a stamp; an audit tells of it.
    """
    chosen: dict[str, StampRecord] = {}
    for record in _records(vault, size):
        if record.authority not in chosen or chosen[record.authority].size <= last:
            chosen[record.authority] = record
    found: dict[str, bytes] = {}
    for record in chosen.values():
        try:
            found |= _files(vault, record)
        except NotFound:
            continue
    return found


def consistency(papers: Mapping[str, bytes], size: int, nodes: TileNodes) -> dict[str, bytes]:
    """That the log of `size` events goes on from each checkpoint among `papers`: the proofs, by their paths."""
    found: dict[str, bytes] = {}
    for path, data in papers.items():
        if bundle_stamps.is_stamp(path) and path.endswith(bundle_stamps.CHECKPOINT):
            seen = Checkpoint.parse(Note.parse(data).text).size
            proof = prove_consistency(seen, size, nodes.node)
            place = path.removesuffix(bundle_stamps.CHECKPOINT) + bundle_stamps.CONSISTENCY
            found[place] = bundle_stamps.consistency_file(proof)
    return found


def _records(vault: Vault, size: int) -> Iterator[StampRecord]:
    """What the first `size` events say of timestamps, oldest first."""
    events = schema.events
    query = (
        select(events.c.body)
        .where(events.c.case == "", events.c.type == EventType.CHECKPOINT_TIMESTAMPED.value)
        .where(events.c.position < size)
        .order_by(events.c.position)
    )
    with vault.database.reading() as connection:
        bodies = [bytes(body) for (body,) in connection.execute(query)]
    return (StampRecord.from_json(Event.parse(body).detail) for body in bodies)


def _files(vault: Vault, record: StampRecord) -> dict[str, bytes]:
    contents = {
        bundle_stamps.REPLY: vault.store.read(LOG + record.reply_path),
        bundle_stamps.CERTIFICATES: vault.store.read(f"{LOG}{record.folder}{record.authority}.pem"),
        bundle_stamps.CHECKPOINT: vault.store.read(LOG + record.checkpoint_path),
    }
    return {bundle_stamps.path_of(record.authority, suffix): data for suffix, data in contents.items()}
