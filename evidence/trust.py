"""The trust anchor: what a partner or auditor must have from the organisation, never from a bundle or a server.

`trust.json`, canonical JSON, format `amparo/trust/1`: the log's name and verifier key, the custodians' public lines,
how many of them a release takes, the lines of a c2sp.org/tlog-policy that name the log witnesses, the authorities that
timestamp checkpoints (absent where there are none), and the vault's receipt salt (by which a source can check a
commitment).
"""

from dataclasses import dataclass, field
from typing import Final

from evidence.authority import Authority
from evidence.canonical import Json, encode
from evidence.errors import DocumentError, EvidenceError
from evidence.fields import Fields
from evidence.identity import PublicLine
from evidence.tlog.note import VerifierKey
from evidence.tlog.policy import Policy

FORMAT: Final = "amparo/trust/1"
FILE_LIMIT: Final = 4 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Trust:
    """A parsed trust anchor. `quorum` is at least 1 and at most the number of custodians; the salt has 32 bytes.

    No two custodians share a name, a signing key or a recipient, so that nobody counts twice towards the quorum.
    """

    origin: str
    log: VerifierKey
    custodians: tuple[PublicLine, ...]
    quorum: int
    receipt_salt: bytes
    policy: Policy = field(default_factory=Policy)
    authorities: tuple[Authority, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> "Trust":
        """Read the file's bytes; an EvidenceError says what is wrong with them."""
        fields = Fields.of(data.rstrip(b"\n"), "trust anchor", FORMAT)
        origin = fields.text("origin", 256)
        log = VerifierKey.parse(fields.text("log", 1024))
        try:
            custodians = tuple(PublicLine.parse(line) for line in fields.texts("custodians", 100))
        except EvidenceError:
            raise DocumentError("trust anchor: a custodian's line is malformed") from None
        quorum = fields.integer("quorum", 1, 100)
        policy = Policy.parse(fields.texts("witnesses", 200))
        salt = fields.hexadecimal("receipt_salt", 32)
        authorities = tuple(
            map(Authority.from_json, fields.array("authorities", 16) if fields.has("authorities") else ())
        )
        fields.done()
        if len({each.name for each in authorities}) != len(authorities):
            raise DocumentError("trust anchor: a timestamp authority stands twice")
        if not _distinct(custodians) or not 1 <= quorum <= len(custodians):
            raise DocumentError("trust anchor: custodians stand twice, or are fewer than the quorum")
        return cls(origin, log, custodians, quorum, salt, policy, authorities)

    def encode(self) -> bytes:
        """The file's bytes."""
        members: dict[str, Json] = {"authorities": [each.to_json() for each in self.authorities]}
        return (
            encode(
                {
                    **(members if self.authorities else {}),
                    "format": FORMAT,
                    "origin": self.origin,
                    "log": self.log.vkey,
                    "custodians": [str(line) for line in self.custodians],
                    "quorum": self.quorum,
                    "witnesses": list(self.policy.lines),
                    "receipt_salt": self.receipt_salt.hex(),
                }
            )
            + b"\n"
        )

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        """Whose signatures on a checkpoint are checked: the log's, and those of its witnesses."""
        return (self.log, *self.policy.keys)

    def custodian(self, key_id: str) -> PublicLine | None:
        """The custodian with this key id, or None."""
        return next((line for line in self.custodians if line.key_id == key_id), None)


def _distinct(lines: tuple[PublicLine, ...]) -> bool:
    names, keys = {line.name for line in lines}, {line.signing_key for line in lines}
    return len(names) == len(keys) == len({line.recipient for line in lines}) == len(lines)
