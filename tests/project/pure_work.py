"""What the pure packages are for, done on real files held in memory, with the guard of `purity` armed.

Run as `python -m tests.project.pure_work WORK`; prints what was caught as a JSON list. A failure of the work itself
ends with a traceback.
"""

import json
import logging
import os
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final

from evidence import identity, segments, withheld
from evidence.canonical import decode, encode
from evidence.event import Event, EventType, Role, commitment
from evidence.tlog import merkle
from evidence.tlog.checkpoint import Checkpoint
from evidence.tlog.note import Signer
from evidence.tlog.proof import TlogProof, verify
from redaction import blanking, planner, second_reader
from redaction.finding import Outcome
from redaction.reader import BytesReader
from tests.paths import CORPUS
from tests.project.purity import Guard
from vault.age import files
from vault.age.identities import decrypt, identity_from_secret

LOADED_LATE: Final = (
    "PIL.TiffImagePlugin",
    "_strptime",
    "cryptography.hazmat.backends.openssl.backend",
    *(f"encodings.{each}" for each in ("ascii", "latin_1", "utf_8", "utf_16", "utf_16_be", "utf_16_le", "utf_32")),
)
"""Parts of Python and of libraries that are imported at first use: loading code is no work of ours."""

SECRET: Final = bytes(range(32))
MEDIA: Final = (
    "real/Nokia_Lumia_800.jpg",
    "real/ultraHDR.jpg",
    "generated/jpeg_google_motion_photo.jpg",
    "generated/jpeg_samsung_seft.jpg",
    "real/train.mov",
    "real/with-gps.mp4",
    "generated/mp4_h264_sei_gps.mp4",
    "generated/mp4_fragmented_moof_emsg.mp4",
    "generated/3gp_loci_only.3gp",
)
"""Enough to reach every parser: Exif, XMP, embedded media, trailers, boxes, tracks, samples, fragments."""


def redact(contents: list[bytes]) -> None:
    """Plan and blank, let others read it, then commit to the original and restore it."""
    for content in contents:
        plan = planner.plan(BytesReader(content))
        if plan.outcome is not Outcome.CLEAN or not plan.findings:
            raise RuntimeError("the corpus file has findings and can be parsed to its end")
        view = blanking.BlankedReader(BytesReader(content), plan.findings)
        second_reader.second_opinion(BytesReader(content), plan.findings, view, plan.media_type)
        chunks = [content[at : at + 65536] for at in range(0, len(content), 65536)]
        redacted = list(blanking.blank(chunks, plan.findings))
        opened = [
            withheld.OpenedSegment(each.offset, SECRET, content[each.offset : each.end]) for each in plan.findings
        ]
        ranges = [
            withheld.Withheld(each.offset, each.length, each.what, piece.leaf, each.filler)
            for each, piece in zip(plan.findings, opened, strict=True)
        ]
        builder = segments.RootBuilder(segments.BLOCK_BYTES, ranges, len(content))
        for chunk in redacted:
            builder.update(chunk)
        builder.finish()
        if b"".join(segments.restore(redacted, ranges, opened)) != content:
            raise RuntimeError("what was blanked is restored")


def keep_log(contents: list[bytes]) -> None:
    """Write events, prove each one, sign and check a checkpoint."""
    signer = Signer("log.test", identity.signing_key(SECRET))
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    events = [
        Event(
            EventType.CASE_OPENED, moment, Role.INTAKE, "intake", SECRET[:16], detail={"bytes": len(content)}
        ).encode()
        for content in contents
    ]
    leaves = [merkle.leaf_hash(commitment(event)) for event in events]
    root = merkle.range_root(0, len(leaves), lambda level, index: _node(leaves, level, index))
    signed = signer.sign(Checkpoint("log.test", len(leaves), root).encode()).encode()
    for index, event in enumerate(events):
        path = merkle.prove_inclusion(index, len(leaves), lambda level, index: _node(leaves, level, index))
        proof = TlogProof.parse(TlogProof(index, tuple(path), signed).encode())
        verify(commitment(event), proof, [signer.key], "log.test")
        Event.parse(encode(decode(event)))


def seal(contents: list[bytes]) -> None:
    """Encrypt to both kinds of key and open again."""
    for hybrid in (True, False):
        key = identity_from_secret(SECRET, hybrid=hybrid)
        for content in contents:
            sealed = files.encrypt(content, SECRET[:16], SECRET[16:], [key.recipient])
            if decrypt(sealed, [key]) != content:
                raise RuntimeError("what was sealed opens")


def open_file(_: list[bytes]) -> None:
    """Impure on purpose."""
    Path(__file__).open("rb").close()


def draw_randomness(_: list[bytes]) -> None:
    """Impure on purpose."""
    random.SystemRandom().random()


def ask_the_time(_: list[bytes]) -> None:
    """Impure on purpose."""
    datetime.now(UTC)


def read_the_environment(_: list[bytes]) -> None:
    """Impure on purpose."""
    os.environ.get("HOME")


def write_a_log(_: list[bytes]) -> None:
    """Impure on purpose."""
    logging.getLogger(__name__).error("impure")


WORKS: Final[dict[str, Callable[[list[bytes]], None]]] = {
    each.__name__: each
    for each in (redact, keep_log, seal, open_file, draw_randomness, ask_the_time, read_the_environment, write_a_log)
}


def _node(leaves: list[bytes], level: int, index: int) -> bytes:
    if level == 0:
        return leaves[index]
    return merkle.node_hash(_node(leaves, level - 1, 2 * index), _node(leaves, level - 1, 2 * index + 1))


def main(name: str) -> None:
    """Do one work with the guard armed and print what it caught."""
    for late in LOADED_LATE:
        import_module(late)
    contents = [(CORPUS / each).read_bytes() for each in MEDIA]
    guard = Guard()
    guard.arm()
    try:
        WORKS[name](contents)
    finally:
        caught = guard.disarm()
    print(json.dumps(caught))


if __name__ == "__main__":
    main(sys.argv[1])
