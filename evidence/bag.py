"""BagIt 1.0 (RFC 8493): the manifests of a bag, written and checked strictly.

Ours use SHA-256 and names of plain ASCII, so no percent-encoding is ever needed; a bag that lists a file twice, leaves
one out, or names one that is not there is refused.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from evidence.errors import BagError

DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD_MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
INFO: Final = "bag-info.txt"
DECLARATION_FILE: Final = "bagit.txt"
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._/-]+)")


def manifest(hashes: Mapping[str, bytes]) -> bytes:
    """A manifest's bytes from paths (relative to the bag) to SHA-256 digests, sorted by path (RFC 8493 2.1.3)."""
    return "".join(f"{hashes[path].hex()}  {path}\n" for path in sorted(hashes)).encode()


def info(fields: Iterable[tuple[str, str]]) -> bytes:
    """`bag-info.txt` from labels and values (RFC 8493 2.2.2)."""
    return "".join(f"{label}: {value}\n" for label, value in fields).encode()


def parse_manifest(data: bytes) -> dict[str, bytes]:
    """Paths and digests of a manifest; BagError when a line is malformed or a path stands twice."""
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BagError("a manifest is not ASCII") from None
    if lines.pop() != "":
        raise BagError("a manifest is cut short")
    hashes: dict[str, bytes] = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None or match[2] in hashes:
            raise BagError("a manifest has a malformed line, or names a file twice")
        hashes[match[2]] = bytes.fromhex(match[1])
    return hashes


def check(hashes: Mapping[str, bytes], payload_manifest: bytes, tag_manifest: bytes) -> list[str]:
    """The names of files that are not as the manifests say (missing, unlisted, or with another hash).

    `hashes` are the SHA-256 digests of all files found in the bag, by path relative to it.
    """
    payload, tags = parse_manifest(payload_manifest), parse_manifest(tag_manifest)
    expected = {**payload, **tags}
    found = {path: digest for path, digest in hashes.items() if path != TAG_MANIFEST}
    faults = {path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path)}
    faults |= {path for path in payload if not path.startswith("data/")}
    faults |= {path for path in tags if path.startswith("data/")}
    return sorted(faults)


def digest(data: bytes) -> bytes:
    """SHA-256 of a small file."""
    return hashlib.sha256(data).digest()
