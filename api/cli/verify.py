"""`amparo verify`: what can be checked of a bundle without a key. Needs no server code."""

import argparse
from pathlib import Path

from api.cli.checks import report_checks
from api.cli.files import FileReader
from api.cli.keys import load_trust
from api.cli.output import Progress, say, warn
from evidence import verify as verification

HELP = "check of a bundle what can be checked without a key"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("bundle", metavar="ZIP", type=Path, help="the bundle as it was downloaded")
    parser.add_argument("--trust", metavar="FILE", type=Path, required=True, help="the trust.json of the organisation")
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")


def run(args: argparse.Namespace) -> int:
    """Check; 1 when a check fails."""
    trust = load_trust(args.trust)
    with FileReader(args.bundle) as source, Progress(source.size, "verifying") as progress:
        bundle = verification.verify(source, trust, progress=progress.update)
    report_checks(bundle.checks, as_json=args.json)
    if not bundle.ok:
        warn("the bundle is not as it was sealed", "download it again; if it fails again, tell the custodians")
        return 1
    if not args.json:
        say(f"Steps {verification.KEYLESS + 1} to {len(verification.STEPS)} need the partner's key: amparo open")
    return 0
