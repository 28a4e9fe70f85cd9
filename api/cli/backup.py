"""`amparo backup`: a vault in one file that its custodians can open."""

import argparse
from pathlib import Path

from api.cli.output import Progress, new_file, say
from api.cli.vaults import opened
from vault.backup import write_backup
from vault.fixity import total_bytes

HELP = "write a vault into one file that its custodians can open"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the vault; the service may be running")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="the backup")


def run(args: argparse.Namespace) -> int:
    """Write it."""
    with (
        opened(args.folder) as vault,
        new_file(args.output) as file,
        Progress(total_bytes(vault), "backing up") as progress,
    ):
        count = write_backup(vault, file.write, progress.update)
        size = file.tell()
    say(f"{args.output}: {count} objects, {size} bytes, sealed to the vault's custodians")
    say(f"To restore: amparo restore {args.output.name} -i CUSTODIAN-KEY -o NEW-FOLDER (or: age -d … | tar -x)")
    return 0
