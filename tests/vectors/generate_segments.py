"""Write the published vectors of provable redaction (docs/formats.md): `python -m tests.vectors.generate_segments`.

One file is one case, and one way of lying at most; the file name is the case. The leaves and the root are computed here
from the definitions alone, without the code under test. Members of a vector:

format    "amparo/segments-vector/1"
comment   what the case shows
block     bytes
original, redacted   the whole files, hex
withheld  as in the exhibit record
opened    as in withheld.age
root      what was committed, hex
outcome   "proved", "other-root" (the redacted file is not that of `root`), or the code of the error
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "segments"
BLOCK = 16
ORIGINAL = b"".join(hashlib.sha256(b"amparo segments vector %d" % part).digest() for part in range(4))[:100]

Vector = dict[str, Any]


def _leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def _root(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + _root(leaves[:split]) + _root(leaves[split:])).digest()


def _salt(offset: int) -> bytes:
    """Fixed, because a vector is; a real salt comes from the operating system."""
    return hashlib.sha256(b"amparo vector salt %d" % offset).digest()


def _filled(filler: str, length: int) -> bytes:
    named = {"zero": b"\x00" * length, "space": b"\x20" * length}
    return named[filler] if filler in named else bytes.fromhex(filler.removeprefix("hex:"))


def prove(comment: str, ranges: list[tuple[int, int, str, str]], original: bytes = ORIGINAL) -> Vector:
    """A true vector for these ranges of (offset, length, what, filler)."""
    leaves: list[bytes] = []
    redacted = bytearray(original)
    withheld, opened = [], []
    position = 0
    for offset, length, what, filler in [*ranges, (len(original), 0, "", "zero")]:
        leaves += [_leaf(b"D" + original[at : min(at + BLOCK, offset)]) for at in range(position, offset, BLOCK)]
        if length:
            data = original[offset : offset + length]
            committed = b"W" + offset.to_bytes(8, "big") + length.to_bytes(8, "big") + _salt(offset) + data
            leaves.append(_leaf(committed))
            redacted[offset : offset + length] = _filled(filler, length)
            withheld.append(
                {"offset": offset, "length": length, "what": what, "leaf": leaves[-1].hex(), "filler": filler}
            )
            opened.append({"offset": offset, "salt": _salt(offset).hex(), "data": base64.b64encode(data).decode()})
        position = offset + length
    return {
        "format": "amparo/segments-vector/1",
        "comment": comment,
        "block": BLOCK,
        "original": original.hex(),
        "redacted": bytes(redacted).hex(),
        "withheld": withheld,
        "opened": opened,
        "root": _root(leaves).hex(),
        "outcome": "proved",
    }


def _typical(comment: str) -> Vector:
    ranges = [(20, 7, "mp4/udta/©xyz", "zero"), (60, 4, "jpeg/xmp/packet", "space")]
    return prove(comment, ranges)


def _lie(comment: str, outcome: str, **changed: Any) -> Vector:
    return _typical(comment) | changed | {"outcome": outcome}


def _flipped(hex_text: str, offset: int) -> str:
    data = bytearray.fromhex(hex_text)
    data[offset] ^= 1
    return data.hex()


def _with(members: list[Vector], index: int, **changed: Any) -> list[Vector]:
    return [each | changed if at == index else each for at, each in enumerate(members)]


def truths() -> dict[str, Vector]:
    """The cases that prove."""
    structure = "hex:" + b"\x00\x00\x00\x08free".hex()
    return {
        "typical": _typical("two ranges, with disclosed stretches before, between and after"),
        "nothing-withheld": prove("disclosed blocks only, the last one short", []),
        "everything-withheld": prove("one segment is the whole file", [(0, 100, "file", "zero")]),
        "empty-file": prove("no leaf at all", [], b""),
        "one-byte": prove("one short block", [], b"\x00"),
        "whole-blocks": prove("the file ends with a block: no empty leaf follows", [], ORIGINAL[:32]),
        "first-and-last-bytes": prove("segments at both ends", [(0, 1, "a", "zero"), (99, 1, "b", "zero")]),
        "adjacent": prove("no disclosed leaf between touching segments", [(16, 4, "a", "zero"), (20, 4, "b", "space")]),
        "blocks-restart": prove("blocks are counted anew after a segment", [(3, 2, "a", "zero"), (40, 1, "b", "zero")]),
        "at-block-boundary": prove("a stretch of exactly one block", [(16, 16, "a", "zero"), (48, 16, "b", "zero")]),
        "structure-filler": prove("a filler that keeps the structure", [(32, 8, "mp4/udta/derived", structure)]),
        "longest-structure-filler": prove("64 bytes", [(1, 64, "jpeg/exif/gps/derived", "hex:" + "5a" * 64)]),
    }


def lies() -> dict[str, Vector]:
    """The cases that must be refused, each by its outcome."""
    true = _typical("")
    redacted, withheld, opened = true["redacted"], true["withheld"], true["opened"]
    one = withheld[0]
    return {
        "disclosed-byte-changed": _lie("outside the ranges", "other-root", redacted=_flipped(redacted, 50)),
        "first-byte-changed": _lie("the first", "other-root", redacted=_flipped(redacted, 0)),
        "last-byte-changed": _lie("the last", "other-root", redacted=_flipped(redacted, 99)),
        "tail-cut": _lie("the file ends early", "other-root", redacted=redacted[:-2]),
        "tail-added": _lie("the file goes on", "other-root", redacted=redacted + "00"),
        "another-block": _lie("blocks of another length", "other-root", block=BLOCK * 2),
        "leaf-changed": _lie(
            "another commitment", "other-root", opened=[], withheld=_with(withheld, 0, leaf=_flipped(one["leaf"], 31))
        ),
        "segment-undeclared": _lie(
            "blanked but not declared, passed off as disclosed", "other-root", withheld=withheld[1:], opened=opened[1:]
        ),
        "filler-byte-changed": _lie("something smuggled in", "filler-differs", redacted=_flipped(redacted, 26)),
        "filler-other-than-declared": _lie("zeros", "filler-differs", withheld=_with(withheld, 0, filler="space")),
        "not-blanked": _lie("the original's bytes still there", "filler-differs", redacted=true["original"]),
        "cut-inside-a-segment": _lie("the file ends in a range", "length-differs", redacted=redacted[: 2 * 62]),
        "opened-salt-changed": _lie("salt", "leaf-differs", opened=_with(opened, 0, salt=_flipped(one["leaf"], 0))),
        "opened-bytes-changed": _lie("content", "leaf-differs", opened=_with(opened, 1, data="AAAAAA==")),
        "opened-length-changed": _lie("longer", "leaf-differs", opened=_with(opened, 1, data="AAAAAAA=")),
        "opened-elsewhere": _lie("another place", "malformed-segments", opened=_with(opened, 0, offset=21)),
        "opened-missing": _lie("one segment stays shut", "malformed-segments", opened=opened[1:]),
        "out-of-order": _lie("later first", "malformed-segments", withheld=withheld[::-1], opened=opened[::-1]),
        "overlapping": _lie("shared bytes", "malformed-segments", withheld=_with(withheld, 0, length=41)),
        "twice": _lie("the same range again", "malformed-segments", withheld=[one, *withheld], opened=[]),
        "no-length": _lie("a segment of no bytes", "malformed-segments", withheld=_with(withheld, 0, length=0)),
        "before-the-file": _lie("a negative place", "malformed-segments", withheld=_with(withheld, 0, offset=-1)),
        "structure-filler-too-short": _lie(
            "fewer bytes than the range", "malformed-segments", withheld=_with(withheld, 0, filler="hex:" + "00" * 6)
        ),
        "structure-filler-too-long": _lie(
            "65 bytes", "malformed-segments", withheld=[one | {"length": 65, "filler": "hex:" + "00" * 65}], opened=[]
        ),
        "structure-filler-in-capitals": _lie(
            "another spelling", "malformed-segments", withheld=_with(withheld, 0, filler="hex:" + "AA" * 7)
        ),
        "filler-unknown": _lie(
            "a word of no meaning", "malformed-segments", withheld=_with(withheld, 0, filler="ones")
        ),
        "member-unknown": _lie("one too many", "malformed-segments", withheld=_with(withheld, 0, value="secret")),
        "member-missing": _lie(
            "no name of the field",
            "malformed-segments",
            withheld=[{key: value for key, value in one.items() if key != "what"}],
            opened=[],
        ),
    }


def files() -> dict[str, str]:
    """Every vector's file name and text."""
    return {
        f"{name}.json": json.dumps(vector, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        for name, vector in (truths() | lies()).items()
    }


def main() -> None:
    """Write the vectors and remove those that are no more."""
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.glob("*.json"):
        stale.unlink()
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
