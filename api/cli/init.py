"""`amparo init`: a new vault."""

import argparse
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from api.cli.failures import WrongUse
from api.cli.keys import load_policy, load_public
from api.cli.output import say
from api.cli.vaults import credentials, database_failures
from evidence.errors import DocumentError, NoteError
from vault.errors import SettingsError
from vault.settings import CADENCE, DATABASE, PAGES, STORE, TRUST_FILE
from vault.setup import NewVault, create

HELP = "make a new vault"
LONGEST_CADENCE = 3600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="a new or empty folder")
    parser.add_argument(
        "--custodian",
        metavar="FILE.pub",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        help="the public lines of those who can open what is sealed",
    )
    parser.add_argument("--quorum", metavar="K", type=int, default=1, help="custodians that a release takes (1)")
    parser.add_argument("--db", metavar="URL", default="", help=f"SQLAlchemy URL ({DATABASE}, in DIR)")
    parser.add_argument("--store", metavar="URL", default="", help=f"file:PATH or s3://… ({STORE}, in DIR)")
    parser.add_argument(
        "--policy",
        metavar="FILE",
        type=Path,
        help="who cosigns the log, and how many it takes (c2sp.org/tlog-policy); amparo policy changes it later",
    )
    parser.add_argument(
        "--cadence",
        metavar="SECONDS",
        type=float,
        default=CADENCE,
        help=f"how often the log may grow ({CADENCE:.0f}); who uploads waits for the next time",
    )
    parser.add_argument("--origin", metavar="NAME", default="", help="the log's public name (made up if not given)")


def run(args: argparse.Namespace) -> int:
    """Make it; print the log's verifier key."""
    custodians = [load_public(path) for path in args.custodian]
    if not 0.001 <= args.cadence <= LONGEST_CADENCE:
        raise WrongUse("the log cannot grow at such a cadence", f"choose 0.001 to {LONGEST_CADENCE} seconds")
    witnesses = load_policy(args.policy) if args.policy else ()
    new = NewVault(custodians, args.quorum, args.origin, args.db, args.store, witnesses, args.cadence)
    try:
        with _removed_on_failure(args.folder), database_failures():
            trust = create(args.folder, new, credentials=credentials())
    except (SettingsError, DocumentError, NoteError) as error:
        raise WrongUse(error.reason, "amparo init --help") from None
    say(trust.log.vkey)
    say()
    say(f"The trust anchor is {args.folder / TRUST_FILE}: give it to everybody who will check bundles or the log,")
    say("by a way that nobody can change unnoticed.")
    say(f"Your own help texts and icon may go into {args.folder / PAGES} (docs/pages.md says which).")
    say(f"Next: amparo serve {args.folder}")
    return 0


@contextlib.contextmanager
def _removed_on_failure(folder: Path) -> Iterator[None]:
    """Leave no half-made vault behind, and touch nothing that was there before."""
    existed = folder.is_dir()
    free = not folder.exists() or (existed and not any(folder.iterdir()))
    try:
        yield
    except BaseException:
        if free:
            shutil.rmtree(folder, ignore_errors=True)
            if existed:
                folder.mkdir(mode=0o700)
        raise
