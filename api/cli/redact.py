"""`amparo redact`: the redactor on its own. Whatever it is not sure of, it does not write."""

import argparse
import contextlib
import importlib.metadata
from pathlib import Path

from api.cli.failures import CheckFailed
from api.cli.files import FileReader
from api.cli.findings import grouped, plan_json
from api.cli.output import Progress, new_file, print_json, require_free, say
from api.cli.redaction_proof import RedactionProof, withhold
from evidence.segments import BLOCK_BYTES, RootBuilder
from redaction.blanking import BlankedReader, Blanker
from redaction.finding import Outcome
from redaction.planner import POLICY, Plan, plan
from redaction.second_reader import second_opinion

HELP = "blank what tells place or person in a photo or video; no vault needed"
_KEEP = "keep the file from everybody, or send it to a vault, which seals it whole"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a photo or video; it is not changed")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the redacted file")
    parser.add_argument("--proof", metavar="FILE", type=Path, help="also write a proof, for amparo verify-redaction")
    parser.add_argument("--json", action="store_true", help="print what was blanked as JSON")


def run(args: argparse.Namespace) -> int:
    """Plan, ask the second reader, write; 1 and nothing written when the file cannot be vouched for."""
    for path in (args.output, args.proof):
        if path is not None:
            require_free(path)
    with FileReader(args.file) as reader:
        planned = plan(reader)
        doubt = _doubt(reader, planned)
        if doubt:
            if args.json:
                print_json({**plan_json(planned), "outcome": Outcome.UNSTRIPPED.value})
            raise CheckFailed(f"nothing was written: {doubt}", _KEEP)
        _write(reader, planned, args.output, args.proof)
    if args.json:
        print_json(plan_json(planned))
    else:
        _tell(planned, args.output)
    return 0


def _doubt(reader: FileReader, planned: Plan) -> str:
    """Why the file cannot be vouched for once the plan is carried out; empty when it can."""
    if planned.outcome is not Outcome.CLEAN:
        return f"the file could not be read to its end ({planned.reason})"
    view = BlankedReader(reader, planned.findings)
    still = second_opinion(reader, planned.findings, view, planned.media_type)
    return f"a second reader would still find {', '.join(sorted(still))}" if still else ""


def _write(reader: FileReader, planned: Plan, output: Path, proof: Path | None) -> None:
    withheld = withhold(reader, planned.findings)
    root, blanker = RootBuilder(BLOCK_BYTES, withheld, planned.size), Blanker(planned.findings)
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(Progress(planned.size, "redacting"))
        # Named last, so that no redacted file stands there without the proof that was asked for.
        redacted = stack.enter_context(new_file(output))
        paper = None if proof is None else stack.enter_context(new_file(proof))
        for chunk in reader.chunks():
            blanked = blanker.apply(chunk)
            root.update(blanked)
            redacted.write(blanked)
            progress.update(len(chunk))
        tool = f"amparo {importlib.metadata.version('amparo')}"
        document = RedactionProof(POLICY, tool, planned.size, root.finish(), withheld)
        if paper is not None:
            paper.write(document.encode())


def _tell(planned: Plan, output: Path) -> None:
    count = sum(finding.length for finding in planned.findings)
    say(f"{output}: {planned.media_type}, {planned.size} bytes, {count} of them blanked")
    for words, findings in grouped(planned.findings):
        say(f"  {words}: {', '.join(sorted({finding.what for finding in findings}))}")
    say("Pictures and sound were not touched: what can be seen or heard in them still tells.")
