"""The partner's side of a release: put the keys together from the custodians' answers, and write the bundle.

The vault sends payloads and papers; each released object gets a plain age header to the partner here, so that stock
tools open what comes out. Nothing is decrypted on the way. The order and length of everything is known before the first
byte arrives, so what was written of a download that broke off is read again, checked, and gone on from.

Like `opening`, never loaded by the service.
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.constant_time import bytes_eq

from evidence import archive, bag, bundle, bundle_papers
from evidence.archive import Entry, Piece
from evidence.canonical import Json
from evidence.errors import BagError, DocumentError, EvidenceError
from evidence.exhibit import key_commitment
from evidence.fields import Fields
from evidence.identity import PublicLine
from evidence.ids import REQUEST_PATTERN
from evidence.release import Approval, ReleasedObject, objects_digest
from evidence.signed import SignedDocument
from vault.age import header as age_header
from vault.age.errors import AgeError
from vault.age.identities import KeyIdentity, decrypt
from vault.age.recipients import Recipient, seal_header
from vault.answers import Answer
from vault.errors import SharesMissing
from vault.shares import Part, combine

FORMAT: Final = "amparo/release/1"
_CHUNK: Final = 1024 * 1024  # bytes
_ANSWER_LIMIT: Final = 1 << 26  # characters

Content = Callable[[int], AbstractContextManager[Iterator[bytes]]]
"""Gives the bytes of all parts, one after the other, from an offset on."""


@dataclass(frozen=True, slots=True)
class ReleasePart:
    """A stretch of what the vault sends: a paper, or the payload section of the object `key`."""

    path: str
    key: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A custodian's approval and the answer that came with it. Nothing of it is believed yet."""

    name: str
    signed: SignedDocument
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Release:
    """What the vault says of a release."""

    request: str
    date: str
    tool: str
    parts: tuple[ReleasePart, ...]
    objects: Mapping[str, ReleasedObject]
    answers: tuple[GivenAnswer, ...]

    @classmethod
    def from_json(cls, value: Json) -> "Release":
        """Read the document; DocumentError when it contradicts itself or is malformed."""
        fields = Fields(value, "release")
        fields.format(FORMAT)
        release = cls(
            request=fields.matching("request", REQUEST_PATTERN),
            date=fields.text("date", 10),
            tool=fields.text("tool", 64),
            parts=tuple(_part(item) for item in fields.array("parts", archive.ENTRIES_LIMIT)),
            objects={item.key: item for item in (ReleasedObject.from_json(each) for each in fields.array("objects"))},
            answers=tuple(_answer(item) for item in fields.array("approvals", 1000)),
        )
        fields.done()
        payloads = {part.key: part.sha256 for part in release.parts if part.key}
        if payloads != {key: item.payload_sha256 for key, item in release.objects.items()}:
            raise DocumentError("release: its parts are not its objects")
        if [part.path for part in release.parts] != sorted({part.path for part in release.parts}):
            raise DocumentError("release: a part stands twice, or out of order")
        if not all(_may_be_sent(part) for part in release.parts):
            raise DocumentError("release: it holds a file that no bundle has")
        return release


@dataclass(frozen=True, slots=True)
class Keys:
    """The file keys of all released objects, and whose answers were wrong, by name, each with what was wrong."""

    keys: Mapping[str, bytes]
    wrong: Mapping[str, str]


def keys_of(release: Release, identity: KeyIdentity, custodians: Mapping[str, PublicLine] | None = None) -> Keys:
    """Put the keys together. With `custodians` (by key id, from the trust anchor) their signatures count too.

    Wrong answers are set aside and the others tried; raises SharesMissing when the right ones do not suffice.
    """
    wrong: dict[str, str] = {}
    answers: dict[str, Mapping[str, Part]] = {}
    for given in release.answers:
        known = None if custodians is None else custodians.get(given.signed.key_id)
        name = given.name if known is None else known.name
        try:
            if custodians is not None and known is None:
                raise DocumentError("it is signed by no custodian of the trust anchor")
            if name in answers:
                raise DocumentError("it stands there twice")
            answers[name] = _opened(release, given, identity, known).parts
        except (EvidenceError, AgeError) as error:
            wrong[name] = f"gave an answer that cannot be used: {error.reason}"
    keys: dict[str, bytes] = {}
    for key, item in release.objects.items():
        parts = {name: given[key] for name, given in answers.items() if key in given}
        try:
            combined = combine(parts, partial(_fits, item))
        except SharesMissing as error:
            raise SharesMissing({**error.wrong, **wrong}, error.missing) from None
        keys[key] = combined.file_key
        wrong |= combined.wrong
    return Keys(keys, wrong)


def _fits(item: ReleasedObject, file_key: bytes) -> bool:
    return bytes_eq(key_commitment(file_key), item.key_commitment)


class Assembly:
    """Writes the bundle of one release, whose headers are to `recipient`."""

    def __init__(self, release: Release, keys: Mapping[str, bytes], recipient: Recipient) -> None:
        self._release, self._recipient = release, recipient
        self._keys = {part.path: keys[part.key] for part in release.parts if part.key}
        self._header_bytes = len(seal_header(bytes(16), [recipient]))
        payload = {part.path: self._size(part) for part in release.parts if part.path.startswith("data/")}
        self._tags = {
            bag.DECLARATION_FILE: bag.DECLARATION,
            bag.INFO: bundle_papers.bag_info(release.request, release.date, release.tool, list(payload.values())),
            bag.PAYLOAD_MANIFEST: bag.manifest(dict.fromkeys(payload, bytes(32))),
        }
        tagged = [*self._tags, *(part.path for part in release.parts if not part.path.startswith("data/"))]
        self._tags[bag.TAG_MANIFEST] = bag.manifest(dict.fromkeys(tagged, bytes(32)))
        self.size = archive.total_size(self._layout({}))

    def write(self, target: BinaryIO, content: Content, progress: Callable[[int], object]) -> None:
        """Write the archive to `target`, which may hold the beginning of it from an earlier time.

        BagError when something arrived that is not what was promised; what came before it stays good.
        """
        places = {piece.entry.name: piece for piece in self._layout({}) if piece.entry is not None}
        hashes: dict[str, bytes] = {}
        crcs: dict[str, int] = {}
        position = 0
        with ExitStack() as stack:
            arriving: _Arriving | None = None
            for part in self._release.parts:
                writing = _Writing(target, part, places[self._name(part.path)], self._keys.get(part.path))
                kept = writing.take_kept(self._header_bytes) if arriving is None else 0
                if arriving is None and kept < part.size:
                    arriving = _Arriving(stack.enter_context(content(position + kept)))
                if kept < part.size or arriving is not None:
                    writing.begin(self._recipient, kept)
                progress(kept)
                if arriving is not None:
                    for chunk in arriving.take(part.size - kept):
                        writing.write(chunk)
                        progress(len(chunk))
                hashes[part.path], crcs[part.path] = writing.finish()
                position += part.size
        self._finish(target, hashes, crcs)

    def _finish(self, target: BinaryIO, hashes: Mapping[str, bytes], crcs: dict[str, int]) -> None:
        """Write what is known only now: the manifests, and the structure with its checksums."""
        tags = dict(self._tags)
        tags[bag.PAYLOAD_MANIFEST] = bag.manifest(
            {path: digest for path, digest in hashes.items() if path.startswith("data/")}
        )
        del tags[bag.TAG_MANIFEST]
        tagged = {path: bag.digest(data) for path, data in tags.items()}
        tagged |= {path: digest for path, digest in hashes.items() if not path.startswith("data/")}
        tags[bag.TAG_MANIFEST] = bag.manifest(tagged)
        pieces = self._layout({**crcs, **{path: zlib.crc32(data) for path, data in tags.items()}})
        for piece in pieces:
            data = piece.data if piece.entry is None else tags.get(piece.entry.name.split("/", 1)[1])
            if data is not None:
                target.seek(piece.offset)
                target.write(data)
        target.truncate(archive.total_size(pieces))

    def _layout(self, crcs: Mapping[str, int]) -> list[Piece]:
        sizes = {part.path: self._size(part) for part in self._release.parts}
        sizes |= {path: len(data) for path, data in self._tags.items()}
        return archive.layout([Entry(self._name(path), sizes[path], crcs.get(path, 0)) for path in sorted(sizes)])

    def _size(self, part: ReleasePart) -> int:
        return part.size + (self._header_bytes if part.key else 0)

    def _name(self, path: str) -> str:
        return f"{self._release.request}/{path}"


class _Writing:
    """One part on its way into the archive. `file_key` is None for a paper, which has no header of ours."""

    def __init__(self, target: BinaryIO, part: ReleasePart, place: Piece, file_key: bytes | None) -> None:
        self._target, self._part, self._place, self._file_key = target, part, place, file_key
        self._header = b""
        self._payload = self._file = hashlib.sha256()
        self._crc = 0

    def take_kept(self, header_bytes: int) -> int:
        """How many bytes of the part are there from before, under a header that fits; they are read and counted."""
        available = self._target.seek(0, 2) - self._place.offset
        self._target.seek(self._place.offset)
        self._start(self._target.read(header_bytes) if self._file_key is not None else b"")
        if not self._header_fits():
            return 0
        kept, left = 0, min(available - len(self._header), self._part.size)
        while left > 0 and (chunk := self._target.read(min(left, _CHUNK))):
            self._count(chunk)
            kept, left = kept + len(chunk), left - len(chunk)
        if kept == self._part.size and self._payload.digest() != self._part.sha256:
            return 0
        return kept

    def begin(self, recipient: Recipient, kept: int) -> None:
        """Go to where the next byte belongs; with nothing kept, write the header first."""
        if not kept:
            self._start(b"" if self._file_key is None else seal_header(self._file_key, [recipient]))
            self._target.seek(self._place.offset)
            self._target.write(self._header)
        self._target.seek(self._place.offset + len(self._header) + kept)
        self._target.truncate()

    def write(self, chunk: bytes) -> None:
        """Add the next bytes of the part."""
        self._count(chunk)
        self._target.write(chunk)

    def finish(self) -> tuple[bytes, int]:
        """SHA-256 and CRC-32 of the file; BagError when the part is not the one that was promised."""
        if self._payload.digest() != self._part.sha256:
            self._target.truncate(self._place.offset)
            raise BagError(f"{self._part.path}: the vault sent something else than it promised")
        return self._file.digest(), self._crc

    def _start(self, header: bytes) -> None:
        self._header = header
        self._payload, self._file = hashlib.sha256(), hashlib.sha256(header)
        self._crc = zlib.crc32(header)

    def _header_fits(self) -> bool:
        if self._file_key is None:
            return True
        try:
            parsed = age_header.parse(self._header)
            age_header.verify_mac(parsed, self._file_key)
        except AgeError:
            return False
        return parsed.length == len(self._header)

    def _count(self, chunk: bytes) -> None:
        self._payload.update(chunk)
        self._file.update(chunk)
        self._crc = zlib.crc32(chunk, self._crc)


class _Arriving:
    """Chunks as they arrive, handed on in the lengths that parts have."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def take(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes; BagError when the stream ends before."""
        while size:
            if not self._rest:
                self._rest = next(self._chunks, b"")
                if not self._rest:
                    raise BagError("the download broke off; run the command again, it goes on from there")
            chunk, self._rest = self._rest[:size], self._rest[size:]
            size -= len(chunk)
            yield chunk


def _opened(release: Release, given: GivenAnswer, identity: KeyIdentity, signer: PublicLine | None) -> Answer:
    signed = given.signed
    approval = Approval.from_json(signed.document if signer is None else signed.verify(signer))
    if (approval.request, approval.objects) != (release.request, objects_digest(release.objects.values())):
        raise DocumentError("the approval is of other objects, or for another request")
    if hashlib.sha256(given.sealed).digest() != approval.answer:
        raise DocumentError("it is not the answer that the approval names")
    answer = Answer.parse(decrypt(given.sealed, [identity]))
    if (answer.request, answer.custodian) != (release.request, signed.key_id):
        raise DocumentError("it was given to another request, or by another custodian")
    return answer


def _may_be_sent(part: ReleasePart) -> bool:
    """The bag's own papers are made here."""
    ours = {bag.DECLARATION_FILE, bag.INFO, bag.PAYLOAD_MANIFEST, bag.TAG_MANIFEST}
    known = bundle.is_known(part.path) and part.path not in ours
    return known and bundle.is_released(part.path) == bool(part.key)


def _part(value: Json) -> ReleasePart:
    fields = Fields(value, "release part")
    part = ReleasePart(
        path=fields.text("path", 200),
        key=fields.text("key", 256),
        size=fields.integer("bytes"),
        sha256=fields.hexadecimal("sha256", 32),
    )
    fields.done()
    return part


def _answer(value: Json) -> GivenAnswer:
    fields = Fields(value, "release approval")
    name, signed = fields.text("custodian", 64), SignedDocument.from_json(fields.json("signed"))
    try:
        sealed = base64.b64decode(fields.text("answer", _ANSWER_LIMIT), validate=True)
    except binascii.Error:
        raise DocumentError("release approval: not base64") from None
    fields.done()
    return GivenAnswer(name, signed, sealed)
