"""Whether released bundles, and the headers that custodians approved, are still what they were."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from evidence import bag
from evidence.canonical import decode
from evidence.errors import EvidenceError
from evidence.fields import Fields
from evidence.release import ReleasedObject, objects_digest
from vault.errors import NotFound, StoreError, StoreUnavailable
from vault.places import approved_headers, bundle_files, bundle_parts, release_papers
from vault.replay import Replay
from vault.store.protocol import Store

Progress = Callable[[int], None]
_CHUNK: Final = 1 << 20  # bytes
_HEADER: Final = ".header"
_HEADER_LIMIT: Final = 1 << 20  # bytes


def release_faults(
    store: Store, replay: Replay, request: str, sealed: bool, progress: Progress
) -> Iterator[tuple[str, str]]:
    """Key and fault of every approved header of a request that is missing or changed, and of its bundle if `sealed`.

    The papers of a release go, all of them, when something in it is withdrawn. What was in it only they could tell: in
    a case of which something was withdrawn, a release without any papers is no fault.
    """
    record = replay.custody.request(request)
    if replay.lost_something(record.case) and next(store.list(release_papers(request)), None) is None:
        return
    for key_id, objects in record.approvals.items():
        approved = bytes.fromhex(objects)
        prefix = approved_headers(request, replay.custody.custodians[key_id].name, approved)
        if _approved_digest(store, prefix, replay) != approved:
            yield prefix, "the headers are not those that the custodian approved"
    if sealed:
        yield from _bundle_faults(store, request, progress)


def _approved_digest(store: Store, prefix: str, replay: Replay) -> bytes:
    released = []
    for header_key in store.list(prefix):
        key = header_key.removeprefix(prefix).removesuffix(_HEADER)
        if key not in replay.objects:
            return b""
        try:
            header = store.read(header_key, _HEADER_LIMIT)
        except StoreError:
            return b""
        released.append(ReleasedObject(key, replay.objects[key][0].sha256, hashlib.sha256(header).digest()))
    return objects_digest(released)


def _bundle_faults(store: Store, request: str, progress: Progress) -> Iterator[tuple[str, str]]:
    hashes: dict[str, bytes] = {}
    try:
        fields = Fields(decode(store.read(bundle_parts(request))), "bundle parts")
        for item in fields.array("parts"):
            part = Fields(item, "bundle part")
            path, sources = part.text("path"), part.array("sources")
            digest, size, crc = _read(store, [Fields(source, "bundle source") for source in sources], progress)
            if (size, crc) != (part.integer("size"), part.integer("crc")):
                yield bundle_parts(request), f"{path}: another length or checksum than the list of parts gives"
            hashes[path] = digest
        folder = bundle_files(request)
        manifests = [store.read(folder + name) for name in (bag.PAYLOAD_MANIFEST, bag.TAG_MANIFEST)]
        for path in bag.check(hashes, *manifests):
            yield bundle_parts(request), f"{path}: not as the bundle's manifest says"
    except StoreUnavailable:
        raise  # says nothing of the bundle
    except NotFound:
        yield bundle_parts(request), "a part of the bundle is missing"
    except (StoreError, EvidenceError) as error:
        yield bundle_parts(request), error.reason


def _read(store: Store, sources: list[Fields], progress: Progress) -> tuple[bytes, int, int]:
    digest, size, crc = hashlib.sha256(), 0, 0
    for source in sources:
        with store.open(source.text("key", 512)) as reader:
            for chunk in reader.chunks(source.integer("offset"), None, _CHUNK):
                digest.update(chunk)
                crc = zlib.crc32(chunk, crc)
                size += len(chunk)
                progress(len(chunk))
    return digest.digest(), size, crc
