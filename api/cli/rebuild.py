"""`amparo rebuild`: make a vault's database anew from its store."""

import argparse
from pathlib import Path

from api.cli.output import Progress, say, warn
from api.cli.vaults import credentials, database_failures
from vault.rebuild import rebuild

HELP = "make a vault's database anew from its store"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the vault; stop its service first")


def run(args: argparse.Namespace) -> int:
    """Rebuild, and say what came back."""
    with database_failures(), Progress(None, "rebuilding", "event") as progress:
        rebuilt = rebuild(args.folder, credentials=credentials(), progress=progress.update)
    say(f"events: {rebuilt.events}, cases: {rebuilt.cases}, exhibits: {rebuilt.exhibits}")
    if rebuilt.old:
        say(f"the old database is {rebuilt.old}")
    for case in rebuilt.lost_receipts:
        warn(f"case {case}: the store lost its receipt, so its source cannot come back")
    say(f"Next: amparo fixity {args.folder}")
    return 0
