"""Decide about a submitted checkpoint, as c2sp.org/tlog-witness v1.0.0 says, and cosign it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from evidence.errors import EvidenceError, ProofError, SignatureError
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.keys import VerifierKey
from evidence.tlog.merkle import verify_consistency
from evidence.tlog.note import Note, Signature
from vault.witness.state import Seen, State
from vault.witness.submission import Submission

MALFORMED, UNSIGNED, UNKNOWN, CONFLICT, INCONSISTENT = 400, 403, 404, 409, 422
COSIGNED: Final = 200


class Cosigns(Protocol):
    """A key that cosigns."""

    @property
    def key(self) -> VerifierKey:
        """Its public half."""
        ...

    def cosign(self, text: str, timestamp: int) -> Signature:
        """The signature line for a checkpoint's text, seen at `timestamp` POSIX seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """The HTTP status, and the body: cosignatures with 200, the size that is known with 409, else nothing."""

    status: int
    body: bytes = b""


class Witness:
    """Cosigns with every one of `cosigners`, for the logs in `state`; `clock` gives POSIX seconds."""

    def __init__(self, state: State, cosigners: Sequence[Cosigns], clock: Callable[[], int]) -> None:
        self._state, self._cosigners, self._clock = state, cosigners, clock

    def decide(self, body: bytes) -> Decision:
        """Look at a submission; when it follows from what was seen, remember it and cosign."""
        try:
            submission = Submission.parse(body)
            size = submission.claimed_size()
        except EvidenceError:
            return Decision(MALFORMED)
        if submission.old > size:
            return Decision(MALFORMED)
        keys = self._state.keys(submission.origin)
        if not keys:
            return Decision(UNKNOWN)
        try:
            signatures = submission.signatures_by(keys)
        except SignatureError:
            return Decision(UNSIGNED)
        return self._move(submission, signatures)

    def _move(self, submission: Submission, signatures: Sequence[Signature]) -> Decision:
        with self._state.moving(submission.origin) as move:
            if submission.old != move.seen.size:
                return Decision(CONFLICT, f"{move.seen.size}\n".encode())
            try:
                checkpoint = submission.checkpoint()
                _require_follows(move.seen, checkpoint, submission.proof)
            except EvidenceError:
                return Decision(INCONSISTENT)
            now = self._clock()
            lines = [each.cosign(submission.text, now) for each in self._cosigners]
            move.to(checkpoint.size, checkpoint.root, Note(submission.text, (*signatures, *lines)).encode())
        # Only now, for from here on it is remembered whatever happens.
        return Decision(COSIGNED, "".join(line.encode() for line in lines).encode())


def _require_follows(seen: Seen, checkpoint: Checkpoint, proof: Sequence[bytes]) -> None:
    """ProofError unless the checkpoint's tree begins with the one that was seen; every tree begins with none."""
    if seen.size:
        verify_consistency(seen.size, seen.root, checkpoint.size, checkpoint.root, proof)
    elif proof:
        raise ProofError("a proof for the first checkpoint")
