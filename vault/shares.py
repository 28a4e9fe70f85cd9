"""A custodian's part of a file key, and what several parts give together. Never loaded by the service.

A part is the whole file key where one custodian suffices (statements, records, everything in a vault with a quorum of
1), else one share of it. It travels only sealed: to a partner in an approval's answer, or to a fellow custodian.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.constant_time import bytes_eq

from evidence.canonical import Json
from evidence.errors import DocumentError
from evidence.fields import Fields
from vault.age import encoding, shamir
from vault.age.errors import HeaderError, NoMatch
from vault.age.header import Stanza
from vault.age.identities import KeyIdentity
from vault.age.wrapping import FILE_KEY_BYTES
from vault.errors import SharesMissing
from vault.quorum import COMMITMENT_BYTES, SHARE_BYTES, SHARE_TYPE, ShareStanza, commitment, recipient_id


@dataclass(frozen=True, slots=True)
class Part:
    """One custodian's part: 16 bytes of file key when `threshold` is 1, else a share of 17.

    `commitments` name all shares of the split, and with it the split itself; empty for a whole key.
    """

    threshold: int
    value: bytes = field(repr=False)
    commitments: tuple[bytes, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """The JSON form; secret."""
        return {
            "threshold": self.threshold,
            "value": encoding.encode(self.value),
            "commitments": [encoding.encode(each) for each in self.commitments],
        }

    @classmethod
    def from_json(cls, value: Json) -> "Part":
        """Read the JSON form."""
        fields = Fields(value, "part")
        threshold = fields.integer("threshold", 1, shamir.SHARES)
        try:
            part = encoding.decode(fields.text("value", 32))
            commitments = tuple(encoding.decode(each) for each in fields.texts("commitments", shamir.SHARES))
        except HeaderError:
            raise DocumentError("part: not base64") from None
        fields.done()
        if len(part) != (FILE_KEY_BYTES if threshold == 1 else SHARE_BYTES) or any(
            len(each) != COMMITMENT_BYTES for each in commitments
        ):
            raise DocumentError("part: a key, share or commitment has another length")
        return cls(threshold, part, commitments)

    @property
    def promised(self) -> bool:
        """Whether a share is the one that the split's commitments promise for its x."""
        x = self.value[-1]
        return 1 <= x <= len(self.commitments) and bytes_eq(commitment(self.value), self.commitments[x - 1])


def part_of(stanzas: Sequence[Stanza], identity: KeyIdentity, context: str) -> Part:
    """The identity's part of the file key that a header's stanzas wrap.

    NoMatch when no stanza is for this identity, or a share is bound to another context or another threshold than it
    says; HeaderError when its stanza is malformed, or holds another share than its commitments promise.
    """
    name = recipient_id(identity.recipient)
    for stanza in stanzas:
        if stanza.type != SHARE_TYPE or stanza.args[2:3] != (name,):
            continue  # another's, even a damaged one, must not keep us from ours
        parsed = ShareStanza.parse(stanza)
        value = identity.unseal(parsed.share, parsed.body, parsed.info(context))
        if value is None:
            raise NoMatch("the share is not of this object, or not sealed to this key")
        part = Part(parsed.threshold, value, parsed.commitments)
        if value[-1] != parsed.x or not part.promised:
            raise HeaderError("a share is not the one that its header promises")
        return part
    file_key = identity.unwrap(stanzas)
    if file_key is None:
        raise NoMatch("no identity opens this file")
    return Part(1, file_key)


@dataclass(frozen=True, slots=True)
class Combined:
    """The file key, and whose parts were wrong, by name, each with what was wrong with it."""

    file_key: bytes = field(repr=False)
    wrong: Mapping[str, str]


def combine(parts: Mapping[str, Part], fits: Callable[[bytes], bool]) -> Combined:
    """The file key of several people's parts, by their names; `fits` tells whether a key is the right one.

    Wrong parts are set aside and named, and the others tried. Raises SharesMissing when the right ones are too few.
    """
    found: bytes | None = None
    wrong: dict[str, str] = {}
    splits: defaultdict[tuple[int, tuple[bytes, ...]], dict[str, bytes]] = defaultdict(dict)
    for name, part in parts.items():
        if part.threshold == 1 and fits(part.value):
            found = part.value
        elif part.threshold == 1:
            wrong[name] = "gave another key than the one that was sealed"
        elif not part.promised:
            wrong[name] = "gave another share than the one that was sealed for them"
        else:
            splits[part.threshold, part.commitments][name] = part.value
    missing = 1
    for (threshold, _), values in splits.items():
        distinct = {value[-1]: value for value in values.values()}
        if len(distinct) < threshold:
            missing = threshold - len(distinct)
            continue
        # Shares that fit their commitments lie on one curve: which of them are taken makes no difference.
        joint = shamir.combine(list(distinct.values())[:threshold])
        if fits(joint):
            found = joint
        else:
            wrong |= dict.fromkeys(values, "gave a share of another key than the one that was sealed")
    if found is None:
        raise SharesMissing(wrong, missing)
    return Combined(found, wrong)
