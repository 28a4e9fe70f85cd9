"""Signed notes (c2sp.org/signed-note): a text, an empty line, and a line for each signature."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.errors import NoteError, SignatureError
from evidence.tlog import cosignature
from evidence.tlog.keys import SignatureType, VerifierKey, require_name
from evidence.tlog.lines import base64_bytes, base64_text, utf8

__all__ = [
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURES",
    "Cosigner",
    "Note",
    "Signature",
    "SignatureType",
    "Signer",
    "VerifiedNote",
    "VerifiedSignature",
    "VerifierKey",
    "parse_signatures",
    "require_text",
    "verify",
]

MAX_SIGNATURES: Final = 100  # the specification asks for at least 16
MAX_NOTE_BYTES: Final = 1 << 20
_KEY_ID_BYTES = 4
_DASH = "— "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name and 4-byte ID, and the signature as its type lays it out."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.key_id) != _KEY_ID_BYTES or not self.signature:
            raise NoteError("a signature has a key ID of 4 bytes and then some")

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Read one line, given without its LF."""
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not space:
            raise NoteError("not a signature line")
        blob = base64_bytes(encoded, NoteError)
        return cls(name, blob[:_KEY_ID_BYTES], blob[_KEY_ID_BYTES:])

    def encode(self) -> str:
        """The line with its LF."""
        return f"{_DASH}{self.name} {base64_text(self.key_id + self.signature)}\n"


def parse_signatures(lines: bytes) -> tuple[Signature, ...]:
    """Read signature lines that stand alone, as a log witness answers them; each ends in LF."""
    return _signatures(utf8(lines, MAX_NOTE_BYTES, NoteError))


@dataclass(frozen=True, slots=True)
class Note:
    """A text ending in LF with at least one signature, none of them checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        require_text(self.text)
        if not 0 < len(self.signatures) <= MAX_SIGNATURES:
            raise NoteError("no signature, or more than anybody makes")

    @classmethod
    def parse(cls, data: bytes) -> "Note":
        """Read a note; NoteError unless `encode` would write the same bytes."""
        text, separator, lines = utf8(data, MAX_NOTE_BYTES, NoteError).rpartition("\n\n")
        if not separator:
            raise NoteError("no empty line before signatures")
        return cls(text + "\n", _signatures(lines))

    def encode(self) -> bytes:
        """The note, UTF-8."""
        return (self.text + "\n" + "".join(each.encode() for each in self.signatures)).encode("utf-8")

    def with_signatures(self, more: Iterable[Signature]) -> "Note":
        """The same note with further signatures after its own; those it has already are not repeated."""
        return Note(self.text, tuple(dict.fromkeys([*self.signatures, *more])))


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that verified, by `key`; `timestamp` in POSIX seconds if it is a cosignature."""

    key: VerifierKey
    timestamp: int | None


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A text and who signed it: at least one known key, each once, in the note's order."""

    text: str
    signatures: tuple[VerifiedSignature, ...]


def verify(note: bytes, verifiers: Iterable[VerifierKey]) -> VerifiedNote:
    """Read a note and check every signature by a key we know.

    Unknown keys are passed over. NoteError when it is no note; SignatureError when a known key's signature is wrong,
    or no known key signed. ValueError when two of `verifiers` share a name and key ID.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in verifiers:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise ValueError("two verifier keys cannot be told apart")
    parsed = Note.parse(note)
    text = parsed.text.encode("utf-8")
    verified: dict[VerifierKey, VerifiedSignature] = {}
    for line in parsed.signatures:
        signer = known.get((line.name, line.key_id))
        if signer is not None:
            timestamp = signer.verify(text, line.signature)
            verified.setdefault(signer, VerifiedSignature(signer, timestamp))
    if not verified:
        raise SignatureError("no known key signed")
    return VerifiedNote(parsed.text, tuple(verified.values()))


class Signer:
    """Signs notes with an Ed25519 key (type 0x01) under a name; NoteError when it is no key name."""

    __slots__ = ("_private_key", "key")

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.key = VerifierKey(name, SignatureType.ED25519, private_key.public_key().public_bytes_raw())

    @property
    def vkey(self) -> str:
        """The verifier key to hand out."""
        return self.key.vkey

    def sign(self, text: str) -> Note:
        """The note over `text`, which ends in LF."""
        signature = self._private_key.sign(require_text(text).encode("utf-8"))
        return Note(text, (Signature(self.key.name, self.key.key_id, signature),))


class Cosigner:
    """Cosigns checkpoints with an Ed25519 key (type 0x04) under a name; one key has one name."""

    __slots__ = ("_private_key", "key")

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.key = VerifierKey(name, SignatureType.COSIGNATURE, private_key.public_key().public_bytes_raw())

    @property
    def vkey(self) -> str:
        """The verifier key to hand out."""
        return self.key.vkey

    def cosign(self, text: str, timestamp: int) -> Signature:
        """The signature line for a checkpoint's text, seen at `timestamp` POSIX seconds."""
        blob = cosignature.sign(self._private_key, require_text(text).encode("utf-8"), timestamp)
        return Signature(self.key.name, self.key.key_id, blob)


def require_text(text: str) -> str:
    """The note's text, if it can be one: ends in LF and has no other control character; NoteError otherwise."""
    if not text.endswith("\n"):
        raise NoteError("a note's text ends in a line feed")
    if any("\ud800" <= each <= "\udfff" or (each < " " and each != "\n") for each in text):
        raise NoteError("a control character or a lone surrogate in a note's text")
    return text


def _signatures(lines: str) -> tuple[Signature, ...]:
    if not lines.endswith("\n"):
        raise NoteError("a signature line does not end in a line feed")
    if lines.count("\n") > MAX_SIGNATURES:
        raise NoteError("more signatures than anybody makes")
    return tuple(Signature.parse(line) for line in lines[:-1].split("\n"))
