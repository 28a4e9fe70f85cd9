"""Trust policies (c2sp.org/tlog-policy): which log witnesses count, and how many cosignatures make a checkpoint valid.

The trust anchor keeps the lines for witnesses, groups and the quorum; the log's own line stands elsewhere in it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from evidence.errors import DocumentError, EvidenceError, SignatureError
from evidence.tlog.checkpoint import VerifiedCheckpoint
from evidence.tlog.keys import COSIGNATURES, VerifierKey
from evidence.tlog.lines import decimal

MOST: Final = 64  # witnesses and groups; the specification asks for 32 of each
_NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Witness:
    """A log witness: its name in the policy, its key, and its submission prefix (empty when nobody submits to it)."""

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class _Group:
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy; without lines it asks for no cosignature. `lines` are as `parse` was given them."""

    lines: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: Mapping[str, _Group] = field(default_factory=dict)
    quorum: str = _NONE

    @classmethod
    def parse(cls, lines: Iterable[str]) -> "Policy":
        """Read the lines of a policy, without any `log` line; DocumentError says what is wrong with them."""
        reading = _Reading()
        kept = tuple(lines)
        for line in kept:
            reading.line(line)
        if kept and not reading.quorum:
            raise DocumentError("witness policy: there is no line that says the quorum")
        return cls(kept, tuple(reading.witnesses.values()), reading.groups, reading.quorum or _NONE)

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The keys of every witness."""
        return tuple(witness.key for witness in self.witnesses)

    def satisfied(self, cosigners: Collection[VerifierKey]) -> bool:
        """Whether cosignatures by these keys, each checked before, are enough."""
        names = {witness.name for witness in self.witnesses if witness.key in cosigners}
        return self.quorum == _NONE or self._holds(self.quorum, names)

    def require(self, verified: VerifiedCheckpoint) -> str:
        """In words, who cosigned; SignatureError when they are fewer than the quorum asks for."""
        if not self.satisfied([each.key for each in verified.cosignatures]):
            raise SignatureError("fewer log witnesses cosigned the checkpoint than the trust anchor asks for")
        return f"cosigned by {len(verified.cosignatures)} of {len(self.witnesses)} log witnesses"

    def _holds(self, name: str, cosigned: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigned
        return sum(self._holds(member, cosigned) for member in group.members) >= group.threshold


class _Reading:
    """What the lines so far have defined; a line may only name what stands above it."""

    def __init__(self) -> None:
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, _Group] = {}
        self.quorum = ""
        self._members: set[str] = set()

    def line(self, line: str) -> None:
        """Take the next line; those without words, and comments, say nothing."""
        if "\n" in line or any(character < " " and character != "\t" for character in line):
            raise DocumentError("witness policy: a control character")
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            return
        match words:
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._witness(name, vkey, "".join(url))
            case ["group", name, threshold, *members] if members:
                self._group(name, threshold, members)
            case ["quorum", name] if not self.quorum:
                if name != _NONE:
                    self._require_defined(name)
                self.quorum = name
            case _:
                raise DocumentError("witness policy: a line that is no witness, group or quorum, or a second quorum")

    def _witness(self, name: str, vkey: str, url: str) -> None:
        self._define(name)
        try:
            key = VerifierKey.parse(vkey)
        except EvidenceError:
            raise DocumentError("witness policy: a key that cannot be read") from None
        if key.type not in COSIGNATURES or any(
            key.public_key == each.key.public_key for each in self.witnesses.values()
        ):
            raise DocumentError("witness policy: a key that is no witness's, or stands twice")
        self.witnesses[name] = Witness(name, key, url)

    def _group(self, name: str, threshold: str, members: list[str]) -> None:
        self._define(name)
        for member in members:
            self._require_defined(member)
            if member in self._members or member == name:
                raise DocumentError("witness policy: a name is a member twice")
            self._members.add(member)
        words = {"all": len(members), "any": 1}
        number = words[threshold] if threshold in words else decimal(threshold, DocumentError)
        if not 1 <= number <= len(members):
            raise DocumentError("witness policy: a group asks for more members than it has")
        self.groups[name] = _Group(number, tuple(members))

    def _define(self, name: str) -> None:
        if name == _NONE or name in self.witnesses or name in self.groups:
            raise DocumentError("witness policy: a name is defined twice")
        if len(self.witnesses) + len(self.groups) >= MOST:
            raise DocumentError("witness policy: more witnesses and groups than anybody needs")

    def _require_defined(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise DocumentError("witness policy: a name that no line above defines")
