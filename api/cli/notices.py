"""`amparo notices`: whom a vault tells that something is new, and whether it reaches them."""

import argparse
from pathlib import Path

from api.cli.output import print_json, say, warn
from evidence.canonical import Json
from vault import settings
from vault.notices import FILE, load
from vault.notifying import possible, send

HELP = "show whom a vault tells that something is new, and try it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the vault; the service may be running")
    parser.add_argument("--send", action="store_true", help="send each the message that it would get")
    parser.add_argument("--json", action="store_true", help="print the entries as JSON")


def run(args: argparse.Namespace) -> int:
    """Look at each entry; 1 when one cannot be told. Addresses are secrets and not shown."""
    found = settings.load(args.folder)
    entries, failed = list[Json](), 0
    for number, notice in enumerate(load(args.folder), 1):
        told = send(notice, found.app_name) if args.send else possible(notice)
        failed += not told
        entries.append({"number": number, "to": notice.to, "ok": told})
        if not args.json:
            say(f"{number}  {notice.to}  " + (("sent" if args.send else "understood") if told else "FAILED"))
    if args.json:
        print_json(entries)
    elif not entries:
        say(f"Nobody is told: there is no {FILE} in the vault's folder, or nothing in it.")
    if failed:
        warn(f"{failed} of {len(entries)} cannot be told", f"correct the addresses in {FILE}; see deploy/README.md")
    return 1 if failed else 0
