"""The papers of a release in the store: what was approved, the answers to it, and the list of a bundle's parts.

Lists of objects and answers, which only the partner can open, lie under their own SHA-256, which the signed approval
names: none can stand in for another.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from evidence.canonical import Json, decode, encode
from evidence.errors import EvidenceError
from evidence.fields import Fields
from evidence.release import ReleasedObject, objects_list
from vault.errors import Altered, NotFound, NotReady
from vault.places import (
    approved_answer,
    approved_objects,
    bundle_parts,
    exhibit_of,
    exhibit_of_header,
    objects_folder,
    release_papers,
)
from vault.store.protocol import Store

PARTS_FORMAT: Final = "amparo/bundle-parts/2"
FORMER_PARTS_FORMAT: Final = "amparo/bundle-parts/1"


@dataclass(frozen=True, slots=True)
class Part:
    """What a file of the bag is made from: the payload section of the released object `key`, or a whole paper."""

    path: str
    key: str
    """Empty for papers, which lie among the bundle's own files."""
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Parts:
    """The list of parts, in the order in which they are sent, with what the bag says of itself."""

    date: str
    tool: str
    objects: bytes
    """The digest of the released objects, by which the approvals that count are told."""
    parts: tuple[Part, ...]


def store_approved(store: Store, request: str, objects: Iterable[ReleasedObject], answer: bytes) -> None:
    """Store what came with an approval, the list before the answer; no-op when it is there."""
    listed = objects_list(objects)
    store.create(approved_objects(request, hashlib.sha256(listed).digest()), listed)
    store.create(approved_answer(request, hashlib.sha256(answer).digest()), answer)


def read_objects(store: Store, request: str, digest: bytes) -> list[ReleasedObject]:
    """The released objects that an approval names; NotFound, or Altered when they are others."""
    data = _read(store, approved_objects(request, digest), digest)
    try:
        value = decode(data)
        return [ReleasedObject.from_json(item) for item in value] if isinstance(value, list) else []
    except EvidenceError:
        raise Altered("the list of approved objects is malformed") from None


def read_answer(store: Store, request: str, digest: bytes) -> bytes:
    """The answer that came with an approval; NotFound, or Altered when it is another."""
    return _read(store, approved_answer(request, digest), digest)


def may_hold(store: Store, request: str, exhibits: Collection[str]) -> bool:
    """Whether a release holds something of these exhibits, by what still lies there of its papers.

    Also when that cannot be told, because a list is damaged or missing: that must not keep what was withdrawn.
    """
    keys = list(store.list(release_papers(request)))
    lists = [key for key in keys if key.startswith(objects_folder(request))]
    if any(exhibit_of_header(key) in exhibits for key in keys) or (keys and not lists):
        return True
    for key in lists:
        try:
            digest = bytes.fromhex(key.rpartition("/")[2].removesuffix(".json"))
            if any(exhibit_of(item.key) in exhibits for item in read_objects(store, request, digest)):
                return True
        except NotFound:  # deleted since it was listed
            continue
        except (Altered, ValueError):
            return True
    return False


def shows_what_is_held(request: str, key: str) -> bool:
    """Whether `may_hold` goes by this paper."""
    return key.startswith(objects_folder(request)) or bool(exhibit_of_header(key))


def store_parts(store: Store, request: str, parts: Parts) -> None:
    """Store the list of a bundle's parts."""
    items: list[Json] = [
        {"path": part.path, "key": part.key, "bytes": part.size, "sha256": part.sha256.hex()} for part in parts.parts
    ]
    document: dict[str, Json] = {
        "format": PARTS_FORMAT,
        "date": parts.date,
        "tool": parts.tool,
        "objects_sha256": parts.objects.hex(),
        "parts": items,
    }
    store.put(bundle_parts(request), encode(document))


def read_parts(store: Store, request: str) -> Parts:
    """The list of a bundle's parts; NotReady when a former version of the vault wrote it in its own way."""
    document = decode(store.read(bundle_parts(request)))
    if isinstance(document, dict) and document.get("format") == FORMER_PARTS_FORMAT:
        raise NotReady("the bundle was sealed by a former version; ask for the case again")
    fields = Fields(document, "bundle parts")
    fields.format(PARTS_FORMAT)
    items = [Fields(item, "bundle part") for item in fields.array("parts")]
    parts = tuple(
        Part(
            path=item.text("path"),
            key=item.text("key", 256),
            size=item.integer("bytes"),
            sha256=item.hexadecimal("sha256", 32),
        )
        for item in items
    )
    return Parts(fields.text("date", 10), fields.text("tool", 64), fields.hexadecimal("objects_sha256", 32), parts)


def _read(store: Store, key: str, digest: bytes) -> bytes:
    data = store.read(key)
    if hashlib.sha256(data).digest() != digest:
        raise Altered("a paper of a release is not the one that was approved")
    return data
