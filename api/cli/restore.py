"""`amparo restore`: a vault's folder from a backup, checked before anybody relies on it."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from api.cli.failures import CheckFailed
from api.cli.files import FileReader
from api.cli.keys import load_identity
from api.cli.output import Progress, counted, new_directory, require_free, say, warn
from api.cli.vaults import opened
from evidence.trust import Trust
from vault.database.connection import parse_url
from vault.fixity import check_copy, total_bytes
from vault.opening import AgeOpener
from vault.restoring import MalformedBackup, unpack
from vault.settings import TRUST_FILE, load

HELP = "make a vault's folder from a backup, and check it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("backup", metavar="FILE", type=Path, help="what amparo backup wrote")
    parser.add_argument("-i", "--identity", metavar="KEY", type=Path, required=True, help="a custodian's key file")
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="a folder that is made anew")


def run(args: argparse.Namespace) -> int:
    """Unpack, then check; 1 when something of what was backed up is missing or changed."""
    identity, _ = load_identity(args.identity)
    require_free(args.output)
    opener = AgeOpener([identity])
    with (
        FileReader(args.backup) as source,
        Progress(source.size, "unpacking") as progress,
        new_directory(args.output) as folder,
    ):
        files = _unpacked(counted(opener(source), progress.update), folder)
        trust = Trust.parse((folder / TRUST_FILE).read_bytes())
    say(f"{args.output}: {files} files")
    say(f"Its log is {trust.log.vkey}: compare that with the trust.json of a partner or an auditor.")
    settings = load(args.output)
    if not settings.store.startswith("file:") or not _embedded(settings.database_url):
        say("Its database or store is elsewhere: put the folder store/ there, run amparo rebuild, then amparo fixity.")
        return 0
    return _checked(args.output)


def _unpacked(pieces: Iterator[bytes], folder: Path) -> int:
    try:
        return unpack(pieces, folder)
    except MalformedBackup as error:
        raise CheckFailed(f"nothing was written: {error}", "name a file that amparo backup wrote") from None


def _embedded(database: str) -> bool:
    return parse_url(database).get_backend_name() == "sqlite"


def _checked(folder: Path) -> int:
    with opened(folder) as vault, Progress(total_bytes(vault), "checking") as progress:
        result = check_copy(vault, progress.update)
    for fault in result.faults:
        say(f"{fault.key}: {fault.what}")
    say(f"objects: {result.objects}, faults: {len(result.faults)}")
    if result.faults:
        warn("something is missing or changed", "see whether an older or newer backup has it")
        return 1
    say("Start it with amparo serve. What came in after the backup is not in it: tell the auditors.")
    return 0
