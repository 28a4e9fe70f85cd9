"""`amparo authority`: change who timestamps a vault's log."""

import argparse
from dataclasses import replace
from pathlib import Path

from api.cli.failures import WrongUse
from api.cli.output import say
from api.cli.vaults import credentials
from evidence.authority import PEM_LIMIT, Authority
from evidence.errors import DocumentError
from evidence.timestamps import chain
from evidence.trust import Trust
from vault.errors import SettingsError
from vault.settings import TRUST_FILE
from vault.setup import change_trust

HELP = "change which timestamp authorities stamp a vault's log (RFC 3161)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the vault; stop its service first")
    work = parser.add_subparsers(dest="work", required=True, metavar="WORK")
    add = work.add_parser("add", help="have an authority stamp the log once a day")
    add.add_argument("name", metavar="NAME", help="what it is called here: letters, digits, dots, hyphens")
    add.add_argument("url", metavar="URL", help="where it answers")
    add.add_argument(
        "certificates", metavar="PEM", type=Path, help="its root certificate, and what leads from there to it"
    )
    remove = work.add_parser("remove", help="ask an authority no more; what it stamped stays")
    remove.add_argument("name", metavar="NAME")


def run(args: argparse.Namespace) -> int:
    """Write the trust anchor anew."""
    try:
        trust = change_trust(args.folder, lambda trust: _changed(trust, args), credentials())
    except (SettingsError, DocumentError) as error:
        raise WrongUse(error.reason, "see amparo authority --help, and try again") from None
    say("Timestamp authorities: " + (", ".join(each.name for each in trust.authorities) or "none"))
    say(
        f"Give {args.folder / TRUST_FILE} once more to everybody who checks bundles or the log, then start the service."
    )
    return 0


def _changed(trust: Trust, args: argparse.Namespace) -> Trust:
    others = tuple(each for each in trust.authorities if each.name != args.name)
    if args.work == "remove":
        if len(others) == len(trust.authorities):
            raise DocumentError("the trust anchor names no such authority")
        return replace(trust, authorities=others)
    if not args.url.startswith(("http://", "https://")):
        raise DocumentError("the authority's address does not begin with http:// or https://")
    text = args.certificates.read_text("ascii", "replace")[: PEM_LIMIT + 1]
    authority = Authority(args.name, args.url, text)
    chain(authority)  # refuses what nobody could verify by
    return replace(trust, authorities=(*others, authority))
