"""The timestamps in a bundle: that an authority saw the log with the exhibits in it (docs/formats.md, "Bundle").

A bundle's own checkpoint is younger than any stamp. So each stamp brings the checkpoint that was stamped, and a proof
that the bundle's goes on from there.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from evidence.archive import Source
from evidence.authority import Authority
from evidence.errors import BagError, ProofFormatError
from evidence.fields import rfc3339
from evidence.identity import NAME_PATTERN
from evidence.timestamps import verify
from evidence.tlog import checkpoint
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.lines import base64_bytes, base64_text, utf8
from evidence.tlog.merkle import verify_consistency
from evidence.trust import Trust

FOLDER: Final = "data/custody/timestamps/"
REPLY, CERTIFICATES, CHECKPOINT, CONSISTENCY = ".tsr", ".pem", ".checkpoint", ".consistency"
FILE_BYTES: Final = 1 << 20
_PATH: Final = re.compile(rf"{FOLDER}({NAME_PATTERN.pattern})(\.(?:tsr|pem|checkpoint|consistency))")
_PROOF_BYTES: Final = 8 * 1024


def is_stamp(path: str) -> bool:
    """Whether a file of a bundle is one of these."""
    return _PATH.fullmatch(path) is not None


def path_of(authority: str, suffix: str) -> str:
    """Where a file of an authority's stamp lies in the bag."""
    return f"{FOLDER}{authority}{suffix}"


def read(files: Mapping[str, Source]) -> dict[str, bytes]:
    """The files of the stamps among those of a bundle; BagError when one is longer than it can be."""
    found = {path: file for path, file in files.items() if is_stamp(path)}
    if any(file.size > FILE_BYTES for file in found.values()):
        raise BagError("a file of a timestamp is longer than any")
    return {path: file.read(0, file.size) for path, file in found.items()}


def consistency_file(proof: Sequence[bytes]) -> bytes:
    """A consistency proof (RFC 6962, 2.1.2) as tlog-witness writes it: a line of base64 for each hash."""
    return "".join(f"{base64_text(node)}\n" for node in proof).encode("ascii")


def check(files: Mapping[str, bytes], trust: Trust, head: Checkpoint) -> str:
    """In words, which authorities saw how much of the log when; an EvidenceError when a stamp is wrong.

    Stamps by authorities that the trust anchor does not name (any more) are counted, and not believed.
    """
    names = sorted({match[1] for match in map(_PATH.fullmatch, files) if match})
    known = {each.name: each for each in trust.authorities}
    said = [text for name in names if (text := _check(files, name, known.get(name), trust, head))]
    strange = len(names) - len(said)
    said += [f"{strange} timestamps by authorities that the trust anchor does not name"] if strange else []
    return "; ".join(said) or "no timestamps"


def _check(files: Mapping[str, bytes], name: str, authority: Authority | None, trust: Trust, head: Checkpoint) -> str:
    reply, note, lines, _ = (_need(files, name, suffix) for suffix in (REPLY, CHECKPOINT, CONSISTENCY, CERTIFICATES))
    seen = checkpoint.verify(note, trust.log_keys, trust.origin).checkpoint
    verify_consistency(seen.size, seen.root, head.size, head.root, _proof(lines))
    if authority is None:
        return ""
    stamp = verify(reply, note, authority)
    return f"{name} saw the first {seen.size} events at {rfc3339(stamp.time)}"


def _need(files: Mapping[str, bytes], name: str, suffix: str) -> bytes:
    data = files.get(path_of(name, suffix))
    if data is None:
        raise BagError(f"a part of the timestamp by {name} is missing")
    return data


def _proof(data: bytes) -> list[bytes]:
    lines = utf8(data, _PROOF_BYTES, ProofFormatError).split("\n")
    hashes = [base64_bytes(line, ProofFormatError) for line in lines[:-1]]
    if consistency_file(hashes) != data:
        raise ProofFormatError("a consistency proof without a last line feed")
    return hashes
