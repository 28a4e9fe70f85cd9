"""What a command says when it cannot go on: one sentence, the next step, and the exit code.

Exit codes: 1 when a check or the work itself failed, 2 when the command was used wrongly. File names that the person
typed may be repeated; what is in a file may not.
"""

import errno
from typing import Final

from evidence import errors as evidence_errors
from redaction import errors as redaction_errors
from vault import errors as vault_errors
from vault.age import errors as age_errors

CHECK_FAILED: Final = 1
WRONG_USE: Final = 2
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it


class CommandError(Exception):
    """Ends a command. `sentence` is lower case without a full stop; `hint` is the next step, or empty."""

    exit_code = CHECK_FAILED

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


class CheckFailed(CommandError):
    """Something was checked and is not as it must be, or the work could not be done."""


class WrongUse(CommandError):
    """The command was asked for something that makes no sense: another call helps, nothing else."""

    exit_code = WRONG_USE


_TRY_LATER: Final = "try again later; if it stays so, look at the disk and at the service's log"
_HINTS: Final[dict[type[Exception], str]] = {
    evidence_errors.EvidenceError: "the data is not to be trusted; get it again, and tell the vault's custodians",
    evidence_errors.IdentifierError: "check it with the person who gave it to you",
    evidence_errors.IdentityError: "use the .pub file that amparo keygen wrote",
    evidence_errors.SealError: "use the key file of the person to whom it was sealed",
    evidence_errors.ArchiveError: "download it again",
    age_errors.AgeError: "use the key file that amparo keygen or age-keygen wrote",
    age_errors.RecipientError: "use the .pub file that amparo keygen wrote",
    redaction_errors.UnsupportedMedia: "see docs/redaction.md for the kinds of file that are accepted",
    redaction_errors.RedactionError: "keep the original; a vault seals such a file whole",
    vault_errors.VaultError: "see docs/errors.md",
    vault_errors.SettingsError: "name the folder of a vault, the one that amparo init made",
    vault_errors.DatabaseBehind: "stop the service and run: amparo rebuild DIR",
    vault_errors.DatabaseUnavailable: _TRY_LATER,
    vault_errors.SequencerStalled: _TRY_LATER,
    vault_errors.SharesMissing: "ask the custodians who are named, or others, and run the command again",
    vault_errors.StoreError: "run amparo fixity DIR to see what is missing or changed",
    vault_errors.NoSpace: "make room, then run the command again",
    vault_errors.StoreUnavailable: _TRY_LATER,
}
_FOUND_BY_TYPING: Final = {
    errno.ENOENT: "no such file or folder",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EISDIR: "it is a folder, not a file",
    errno.EACCES: "you may not read or write it",
    errno.EPERM: "you may not read or write it",
    errno.ELOOP: "too many symbolic links",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EEXIST: "it exists already",
}
_FAULTS_OF_THE_MACHINE: Final = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota is used up"}
FORESEEN: Final = (
    CommandError,
    evidence_errors.EvidenceError,
    age_errors.AgeError,
    redaction_errors.RedactionError,
    vault_errors.VaultError,
    OSError,
)
"""What `explain` can put in words; everything else is a fault of ours."""


def explain(error: Exception) -> CommandError:
    """The sentence, hint and exit code of an error of `FORESEEN`."""
    if isinstance(error, CommandError):
        return error
    if isinstance(error, OSError):
        return _of_the_system(error)
    hint = next((_HINTS[kind] for kind in type(error).__mro__ if kind in _HINTS), "")
    # The code is what docs/errors.md explains.
    return CheckFailed(f"{_sentence(error)} ({getattr(error, 'code', 'unexpected')})", hint)


def _sentence(error: Exception) -> str:
    if isinstance(error, redaction_errors.UnsupportedMedia):
        return "the file is of no kind that is accepted"
    if isinstance(error, vault_errors.StoreUnavailable):
        return f"the store answers: {error.reason}"
    if isinstance(error, redaction_errors.MalformedMedia) and error.offset is not None:
        return f"{error.reason}, at byte {error.offset}"
    return str(getattr(error, "reason", "it failed"))


def _of_the_system(error: OSError) -> CommandError:
    name = f"{error.filename}: " if isinstance(error.filename, str) else ""
    if error.errno in _FOUND_BY_TYPING:
        return WrongUse(name + _FOUND_BY_TYPING[error.errno], "check the path, and try again")
    if error.errno in _FAULTS_OF_THE_MACHINE:
        return CheckFailed(name + _FAULTS_OF_THE_MACHINE[error.errno], "make room, then run the command again")
    said = errno.errorcode.get(error.errno or 0, "an unknown error")
    return CheckFailed(f"{name}the system answers {said}", "look at the disk or the network, and try again")
