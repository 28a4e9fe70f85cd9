"""`amparo fixity`: check every stored object of a vault; needs no key."""

import argparse
from pathlib import Path

from api.cli.output import Progress, print_json, say, warn
from api.cli.vaults import opened
from evidence.canonical import Json
from vault.fixity import Fixity, check, total_bytes

HELP = "check every stored object of a vault against its records; needs no key"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the vault; the service may be running")
    parser.add_argument(
        "--json",
        action="store_true",
        help='print {"ok", "objects", "faults": [{"key", "what"}], "orphans", "removed", "recorded"}',
    )
    parser.add_argument(
        "--remove-orphans",
        action="store_true",
        help="where nothing is at fault, delete what crashes left: objects older than a day that no event names",
    )


def run(args: argparse.Namespace) -> int:
    """Check, and record that it was done; 1 when something is missing or changed."""
    with opened(args.folder) as vault, Progress(total_bytes(vault), "checking") as progress:
        result = check(vault, progress.update, remove_orphans=args.remove_orphans)
    if args.json:
        print_json(_json(result))
    else:
        _tell(result)
    if result.faults:
        warn("something is missing or changed", "restore what is named from a backup, and tell the custodians")
        return 1
    return 0


def _tell(result: Fixity) -> None:
    for fault in result.faults:
        say(f"{fault.key}: {fault.what}")
    for key in result.orphans:
        say(f"note: {key}: no event names it; it is being written now, or a crash left it (--remove-orphans)")
    for key in result.removed:
        say(f"removed: {key}")
    say(f"objects: {result.objects}, faults: {len(result.faults)}")
    if not result.recorded:
        say("note: not recorded, because the log itself is at fault")


def _json(result: Fixity) -> dict[str, Json]:
    faults: list[Json] = [{"key": fault.key, "what": fault.what} for fault in result.faults]
    return {
        "ok": not result.faults,
        "objects": result.objects,
        "faults": faults,
        "orphans": list(result.orphans),
        "removed": list(result.removed),
        "recorded": result.recorded,
    }
