"""`amparo open`: verify a bundle, then decrypt it into a new folder. Needs no server code.

Nothing is written unless every check passed. What is written is decrypted a second time, and compared with what was
checked while it is written; the folder gets its name at the very end.
"""

import argparse
from pathlib import Path

from api.cli.checks import report_checks
from api.cli.files import FileReader
from api.cli.keys import load_identity, load_trust
from api.cli.output import Progress, new_directory, require_free, say, warn
from api.cli.unpacking import unpack
from evidence import verify as verification
from vault.opening import AgeOpener

HELP = "verify a bundle, then decrypt it into a new folder"
_READINGS = 4  # of the bundle: hashes, objects, media, and once more while writing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("bundle", metavar="ZIP", type=Path, help="the bundle as it was downloaded")
    parser.add_argument("-i", "--identity", metavar="KEY", type=Path, required=True, help="the partner's key file")
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="a folder that is made anew")
    parser.add_argument("--trust", metavar="FILE", type=Path, required=True, help="the trust.json of the organisation")
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")


def run(args: argparse.Namespace) -> int:
    """Verify, then write; 1 when a check fails."""
    trust = load_trust(args.trust)
    identity, _ = load_identity(args.identity)
    require_free(args.output)
    opener = AgeOpener([identity])
    with FileReader(args.bundle) as source, Progress(_READINGS * source.size, "opening") as progress:
        bundle = verification.verify(source, trust, opener, progress.update)
        if bundle.ok:
            with new_directory(args.output) as folder:
                unpack(bundle, opener, folder, progress.update)
    report_checks(bundle.checks, as_json=args.json)
    if not bundle.ok:
        warn("the bundle fails, so nothing was written", "download it again; if it fails again, tell the custodians")
        return 1
    if not args.json:
        say(f"{args.output} holds plain files now: keep it where only you can read it. Start with report.html.")
    return 0
