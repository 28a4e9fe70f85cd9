"""`amparo partner`: ask for a case, see how requests stand, download a bundle."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from api.cli.keys import load_identity
from api.cli.output import Progress, new_file, print_json, say
from api.cli.requests import print_requests
from api.client import Client, Signature
from evidence.identity import PublicLine, signing_key
from evidence.ids import parse_case_number, parse_request_id
from evidence.release import Request
from evidence.signed import sign
from vault.age.identities import KeyIdentity

HELP = "a partner's work: request a case and download its bundle"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("-i", dest="identity", metavar="KEY", type=Path, required=True, help="your identity file")
    parser.add_argument("--server", metavar="URL", required=True, help="the vault's address")
    work = parser.add_subparsers(dest="work", required=True, metavar="WORK")
    ask = work.add_parser("request", help="ask for a case")
    ask.add_argument("case", metavar="CASE", help="the case number that the source gave you")
    ask.add_argument("--purpose", metavar="TEXT", required=True, help="why you need it; it stands in the log")
    ask.add_argument("--json", action="store_true")
    listing = work.add_parser("requests", help="your requests and how they stand")
    listing.add_argument("--json", action="store_true")
    download = work.add_parser("download", help="download a sealed bundle")
    download.add_argument("request", metavar="REQUEST")
    download.add_argument("-o", dest="output", metavar="ZIP", type=Path, required=True)


def run(args: argparse.Namespace) -> int:
    """Do one of them."""
    identity, line = load_identity(args.identity)
    with Client(args.server, Signature(line, signing_key(identity.secret))) as client:
        if args.work == "request":
            _ask(client, identity, line, args)
        elif args.work == "requests":
            print_requests(client.get("/api/partner/requests"), as_json=args.json)
        else:
            _download(client, parse_request_id(args.request), args.output)
    return 0


def _ask(client: Client, identity: KeyIdentity, line: PublicLine, args: argparse.Namespace) -> None:
    document = Request(client.origin(), parse_case_number(args.case), args.purpose, datetime.now(UTC))  # noqa: TID251 -- the door asks the clock for the use case
    signed = sign(document.to_json(), line, signing_key(identity.secret))
    answer = client.post("/api/partner/requests", {"signed": signed.to_json()})
    if args.json:
        print_json({"request": answer["request"]})
        return
    say(answer["request"])
    say("The custodians see your request. Look again with: amparo partner … requests")


def _download(client: Client, request: str, output: Path) -> None:
    path = f"/api/partner/requests/{request}/bundle"
    with new_file(output) as file, client.download(path) as (size, chunks), Progress(size, "downloading") as progress:
        for chunk in chunks:
            file.write(chunk)
            progress.update(len(chunk))
    say(f"{output}: {output.stat().st_size} bytes. Open it with: amparo open {output} -i KEY -o DIR --trust FILE")
