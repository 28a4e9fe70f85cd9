"""`amparo verify-redaction`: is a file the redacted form that a proof speaks of, every byte of it."""

import argparse
from pathlib import Path

from api.cli.failures import CheckFailed
from api.cli.files import FileReader
from api.cli.output import Progress, print_json, say
from api.cli.redaction_proof import LIMIT, RedactionProof
from evidence.errors import EvidenceError, SegmentError
from evidence.segments import BLOCK_BYTES, RootBuilder

HELP = "check a redacted file against the proof that redact wrote"
_NEXT = "get the file and its proof again from whoever made them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="OUT", type=Path, help="the redacted file")
    parser.add_argument("proof", metavar="PROOF", type=Path, help="what amparo redact --proof wrote")
    parser.add_argument("--json", action="store_true", help='print {"ok", "bytes", "withheld", "root"}')


def run(args: argparse.Namespace) -> int:
    """Check; 1 when the file is not the one."""
    proof = _load(args.proof)
    with FileReader(args.file) as reader, Progress(reader.size, "verifying") as progress:
        try:
            root = RootBuilder(BLOCK_BYTES, proof.withheld, proof.size)
            for chunk in reader.chunks():
                root.update(chunk)
                progress.update(len(chunk))
            fault = "" if root.finish() == proof.root else "a byte that should be the original's is another"
        except SegmentError as error:
            fault = error.reason + ("" if error.offset is None else f", at byte {error.offset}")
    if args.json:
        print_json({"ok": not fault, "bytes": proof.size, "withheld": len(proof.withheld), "root": proof.root.hex()})
    if fault:
        raise CheckFailed(f"the file is not the one that the proof speaks of: {fault}", _NEXT)
    if not args.json:
        blanked = sum(each.length for each in proof.withheld)
        say(f"the original of {proof.size} bytes, with {blanked} bytes blanked in {len(proof.withheld)} places")
        say(f"root {proof.root.hex()}, policy {proof.policy}, by {proof.tool}")
    return 0


def _load(path: Path) -> RedactionProof:
    with FileReader(path) as reader:
        if reader.size > LIMIT:
            raise CheckFailed("the proof is longer than any that is made", _NEXT)
        data = reader.read(0, reader.size)
    try:
        return RedactionProof.parse(data)
    except EvidenceError as error:
        raise CheckFailed(error.reason, _NEXT) from None
