"""What can be wrong with evidence.

EvidenceError
├── NotJson             a value has no RFC 8785 form
├── NotCanonical        bytes are not the one canonical form of a JSON value
├── ProofError          a Merkle proof does not lead to the root
├── NoteError           text is not a signed note or a verifier key (C2SP signed-note)
├── SignatureError      a known key's signature is wrong, or no known key signed
├── CheckpointError     text is not a checkpoint, or one of another log
├── TimestampError      bytes are not an authority's timestamp of this checkpoint
├── TileError           bytes are not the tile or entry bundle that stands at their path
├── ProofFormatError    text is not a tlog-proof
├── DocumentError       one of our JSON documents lacks a member, or has one too many
├── IdentifierError     text is not a case number, an exhibit's id, a receipt, …
├── IdentityError       text is not a public line, or a key is of the wrong kind
├── CustodyError        an event may not follow what happened before
├── ArchiveError        a ZIP is not the one form that a bundle has
├── SealError           a sealed file does not open with this key, or was changed
├── BagError            a bag is not what its manifests say (BagIt 1.0)
└── SegmentError        a list of withheld segments breaks the rules of provable redaction
    ├── FillerDiffers   a blanked range holds something else than its declared filler
    ├── LengthDiffers   the file ends too early or goes on too long
    └── LeafDiffers     an opened segment is not the one that was committed

No error holds a byte or a word of what was read: `code` is a fixed word, `reason` a fixed phrase, an offset a number.
"""


class EvidenceError(Exception):
    """Base of the errors of this package; `reason` is a fixed phrase of ours."""

    code = "evidence-error"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotJson(EvidenceError):
    """The value holds something without an RFC 8785 form (a lone surrogate, 2**53 and beyond), or a float."""

    code = "not-json"


class NotCanonical(EvidenceError):
    """The bytes are not what RFC 8785 writes for any value: not UTF-8, not JSON, a float, or another spelling."""

    code = "not-canonical"


class ProofError(EvidenceError):
    """An inclusion or consistency proof does not hold, or has no meaning for these sizes."""

    code = "proof-does-not-hold"


class NoteError(EvidenceError):
    """A note, key name, verifier key or signature line is not spelt as C2SP signed-note wants it."""

    code = "malformed-note"


class SignatureError(EvidenceError):
    """A signature by a known key does not verify, or no known key signed."""

    code = "signature-does-not-verify"


class CheckpointError(EvidenceError):
    """The note's text is not spelt as C2SP tlog-checkpoint wants it, or names another log."""

    code = "malformed-checkpoint"


class TimestampError(EvidenceError):
    """A reply is not the timestamp, by an authority that we know, of what it is said to stamp (RFC 3161)."""

    code = "bad-timestamp"


class TileError(EvidenceError):
    """A tile or entry bundle has the wrong size, or is not spelt as C2SP tlog-tiles wants it."""

    code = "malformed-tile"


class ProofFormatError(EvidenceError):
    """The text is not spelt as C2SP tlog-proof wants it."""

    code = "malformed-proof"


class SegmentError(EvidenceError):
    """Withheld segments overlap, are out of order, too many, or not spelt as docs/formats.md says.

    `offset` is in bytes from the start of the file, or None when the fault has no place in it.
    """

    code = "malformed-segments"

    def __init__(self, reason: str, offset: int | None = None) -> None:
        super().__init__(reason)
        self.offset = offset


class FillerDiffers(SegmentError):
    """A blanked range holds something else than its declared filler; `offset` is the first byte that differs."""

    code = "filler-differs"


class LengthDiffers(SegmentError):
    """The redacted file is shorter or longer than was committed; `offset` is where it ended or should have."""

    code = "length-differs"


class LeafDiffers(SegmentError):
    """An opened segment, salted and hashed, is not the leaf that was committed; `offset` is where it starts."""

    code = "leaf-differs"


class DocumentError(EvidenceError):
    """A document of ours has a member too few, too many, or of the wrong form; the reason names our own member."""

    code = "malformed-document"


class IdentifierError(EvidenceError):
    """The text is not a case number, an exhibit's or request's id, or a receipt."""

    code = "malformed-identifier"


class IdentityError(EvidenceError):
    """The text is not a public line (docs/formats.md), or its key is not one."""

    code = "malformed-identity"


class CustodyError(EvidenceError):
    """An event that `custody` does not allow after the ones before it."""

    code = "custody-order"


class ArchiveError(EvidenceError):
    """The ZIP's structure differs from the one that its list of files gives."""

    code = "malformed-archive"


class BagError(EvidenceError):
    """A file of the bag is missing, unlisted, or has another hash than its manifest says."""

    code = "bag-differs"


class SealError(EvidenceError):
    """A sealed (age) file does not open with the key at hand, or its bytes were changed."""

    code = "does-not-open"
