"""What can go wrong where evidence rests.

VaultError
├── SettingsError        a vault's folder or settings file is not as it must be
├── DatabaseUnavailable  the database does not answer or has no space
├── DatabaseBehind       the store's log is ahead of the database: rebuild it
├── SequencerStalled     an event is recorded but not yet in a published checkpoint
├── UnknownReceipt       no case has this receipt
├── UnknownCase          no open case has this number
│   └── CaseWithdrawn    its source withdrew it
├── UnknownExhibit       the case has no exhibit with this number
├── CaseBusy             another upload to the same case took its place
├── CaseFull             too much of the case is under way
├── UnknownUpload       no upload has this address
│   └── UploadGone       it is over: ended, refused, expired or withdrawn
├── UploadBusy           another request holds the upload
├── OffsetDiffers        the upload is at another offset than the one that was named
├── ChecksumDiffers      what arrived has another checksum than it should
├── UnknownRequest       no request has this id
├── UnknownPerson        nobody is enrolled under this name
├── NameTaken            somebody was enrolled under this name before
├── NothingToSeal        neither a statement nor a file arrived
├── RequestRefused       a signed request, approval, denial or enrolment is not acceptable
├── NotReady             the bundle of a request is not sealed (yet)
│   └── BundleWithdrawn  the source withdrew something that the bundle held
├── SharesMissing        fewer custodians gave a right share of a key than the quorum
└── StoreError
    ├── InvalidKey       a key is not spelt as `store.protocol` wants it, or is the folder of another key
    ├── NotFound         no object has this key
    ├── AlreadyExists    another object already has this key
    ├── Conflict         the object changed while it was being read
    ├── TooLarge         the object is longer than the caller's cap
    ├── NoSpace          the disk or the quota is full
    ├── Altered          the store keeps other bytes than it was given
    └── StoreUnavailable the store does not answer, refuses, or fails

No error holds a byte or word of what was stored, nor a key or path: `code` is a fixed word, `reason` a fixed phrase, an
errno name or an HTTP status.
"""

from collections.abc import Mapping


class VaultError(Exception):
    """Base of the errors of this package; `reason` is a fixed phrase of ours."""

    code = "vault-error"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SharesMissing(VaultError):
    """A key cannot be put together. `wrong` says, by name, whose share was wrong and how; `missing`, how many lack."""

    code = "shares-missing"

    def __init__(self, wrong: Mapping[str, str], missing: int) -> None:
        super().__init__("too few custodians gave a right share of the key")
        self.wrong, self.missing = wrong, missing


class StoreError(VaultError):
    """Base of the errors of object stores."""

    code = "store-error"


class InvalidKey(StoreError):
    """The key is not a strict relative path, or one of its folders is an object."""

    code = "invalid-key"


class NotFound(StoreError):
    """No object has this key."""

    code = "not-found"


class AlreadyExists(StoreError):
    """An object with other content has this key, and the caller asked not to replace it."""

    code = "already-exists"


class Conflict(StoreError):
    """The object was replaced or deleted while it was being read; what was read so far belongs to the old one."""

    code = "conflict"


class TooLarge(StoreError):
    """The object is longer than the caller's cap, or than the store can hold."""

    code = "too-large"


class NoSpace(StoreError):
    """The disk or the quota is full; nothing of the object was kept."""

    code = "no-space"


class Altered(StoreError):
    """What the store says it keeps has another length or checksum than what was sent."""

    code = "altered"


class StoreUnavailable(StoreError):
    """The store does not answer, refuses its credentials, or fails: trying again later may help."""

    code = "store-unavailable"


class SettingsError(VaultError):
    """The folder of a vault, or its settings file, lacks something, or holds what this version does not know."""

    code = "settings"


class DatabaseUnavailable(VaultError):
    """The database does not answer, or has no space: trying again later may help."""

    code = "database-unavailable"


class DatabaseBehind(VaultError):
    """The store holds a longer or other log than the database knows of; `amparo rebuild` makes the database anew."""

    code = "database-behind"


class SequencerStalled(VaultError):
    """The event is recorded and will be in the log, but no checkpoint covers it yet: nothing may be acknowledged."""

    code = "log-stalled"


class UnknownReceipt(VaultError):
    """No case has this receipt."""

    code = "unknown-receipt"


class UnknownCase(VaultError):
    """No open case has this number."""

    code = "unknown-case"


class CaseWithdrawn(UnknownCase):
    """The source withdrew the case; told to who holds its receipt."""

    code = "case-withdrawn"


class UnknownExhibit(VaultError):
    """The case has no exhibit with this number."""

    code = "unknown-exhibit"


class CaseBusy(VaultError):
    """Another upload to the same case was recorded in between; nothing of this one was. Sending it again helps."""

    code = "case-busy"


class CaseFull(VaultError):
    """As many uploads of the case are under way, or as many bytes, as one case may have."""

    code = "case-full"


class OutsideConsent(VaultError):
    """The source of a case does not let this partner have it."""

    code = "outside-consent"


class UnknownUpload(VaultError):
    """No upload has this address."""

    code = "unknown-upload"


class UploadGone(UnknownUpload):
    """The upload is over: its sender ended it, its kind was refused, its time ran out, or its case was withdrawn."""

    code = "upload-gone"


class UploadBusy(VaultError):
    """Another request holds the upload, or took it over; nothing that was acknowledged is lost."""

    code = "upload-busy"


class OffsetDiffers(VaultError):
    """The upload is at another offset than the one that was named; nothing was changed."""

    code = "offset-differs"


class ChecksumDiffers(VaultError):
    """What arrived has another checksum than its sender gave; nothing of it was kept."""

    code = "checksum-differs"


class UnknownRequest(VaultError):
    """No request has this id, or it is another partner's."""

    code = "unknown-request"


class UnknownPerson(VaultError):
    """Nobody is enrolled under this name."""

    code = "unknown-person"


class NameTaken(VaultError):
    """Somebody was enrolled under this name before; names are never used twice."""

    code = "name-taken"


class NothingToSeal(VaultError):
    """Neither a statement nor a file arrived."""

    code = "nothing-to-seal"


class RequestRefused(VaultError):
    """A signed document does not verify, is of another vault, or does not fit what it answers."""

    code = "not-acceptable"


class NotReady(VaultError):
    """The bundle is not sealed: the request waits for approvals, or was denied."""

    code = "not-ready"


class BundleWithdrawn(NotReady):
    """The bundle held something that its source withdrew since, and was destroyed; another may be asked for."""

    code = "bundle-withdrawn"
