"""`amparo partner`: ask for a case, see how requests stand, download a bundle."""

import argparse
import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from api.cli.failures import CheckFailed
from api.cli.keys import load_identity, load_trust
from api.cli.output import Progress, kept_file, print_json, require_free, say, warn
from api.cli.requests import print_requests
from api.client import Client, Signature
from evidence.consent import parse_code, prove
from evidence.identity import PublicLine, signing_key
from evidence.ids import parse_case_number, parse_request_id
from evidence.release import Request
from evidence.signed import sign
from vault.age.identities import KeyIdentity
from vault.assembling import Assembly, Release, keys_of
from vault.errors import SharesMissing

HELP = "a partner's work: request a case and download its bundle"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("-i", dest="identity", metavar="KEY", type=Path, required=True, help="your identity file")
    parser.add_argument("--server", metavar="URL", required=True, help="the vault's address")
    work = parser.add_subparsers(dest="work", required=True, metavar="WORK")
    ask = work.add_parser("request", help="ask for a case")
    ask.add_argument("case", metavar="CASE", help="the case number that the source gave you")
    ask.add_argument("--purpose", metavar="TEXT", required=True, help="why you need it; it stands in the log")
    ask.add_argument("--code", metavar="CODE", help="the lawyer's code, if the source gave you one")
    ask.add_argument("--json", action="store_true")
    listing = work.add_parser("requests", help="your requests and how they stand")
    listing.add_argument("--json", action="store_true")
    download = work.add_parser("download", help="download a released bundle; run again, it goes on")
    download.add_argument("request", metavar="REQUEST")
    download.add_argument("-o", dest="output", metavar="ZIP", type=Path, required=True)
    download.add_argument("--trust", metavar="FILE", type=Path, help="the trust anchor, to check who approved at once")


def run(args: argparse.Namespace) -> int:
    """Do one of them."""
    identity, line = load_identity(args.identity)
    with Client(args.server, Signature(line, signing_key(identity.secret))) as client:
        if args.work == "request":
            _ask(client, identity, line, args)
        elif args.work == "requests":
            print_requests(client.get("/api/partner/requests"), as_json=args.json)
        else:
            _download(client, identity, parse_request_id(args.request), args)
    return 0


def _ask(client: Client, identity: KeyIdentity, line: PublicLine, args: argparse.Namespace) -> None:
    origin, case = client.origin(), parse_case_number(args.case)
    proof = prove(parse_code(args.code), origin, case, line.key_id) if args.code else b""
    document = Request(origin, case, args.purpose, datetime.now(UTC), proof)  # noqa: TID251 -- the door asks the clock for the use case
    signed = sign(document.to_json(), line, signing_key(identity.secret))
    answer = client.post("/api/partner/requests", {"signed": signed.to_json()})
    if args.json:
        print_json({"request": answer["request"]})
        return
    say(answer["request"])
    say("The custodians see your request. Look again with: amparo partner … requests")


def _download(client: Client, identity: KeyIdentity, request: str, args: argparse.Namespace) -> None:
    output: Path = args.output
    path = f"/api/partner/requests/{request}"
    require_free(output)
    custodians = None if args.trust is None else {line.key_id: line for line in load_trust(args.trust).custodians}
    release = Release.from_json(client.get(f"{path}/release"))
    if release.request != request:
        raise CheckFailed("the server answers with another release", "tell the custodians")
    keys = _keys(release, identity, custodians)
    assembly = Assembly(release, keys, identity.recipient)

    @contextlib.contextmanager
    def content(start: int) -> Iterator[Iterator[bytes]]:
        with client.download(f"{path}/content", start) as (_, chunks):
            yield chunks

    total = sum(part.size for part in release.parts)
    with kept_file(output) as file, Progress(total, "downloading") as progress:
        assembly.write(file, content, progress.update)
    say(f"{output}: {output.stat().st_size} bytes. Open it with: amparo open {output} -i KEY -o DIR --trust FILE")


def _keys(release: Release, identity: KeyIdentity, custodians: dict[str, PublicLine] | None) -> Mapping[str, bytes]:
    """The keys of the release; whoever's answer was wrong is named, also when the others suffice."""
    try:
        found = keys_of(release, identity, custodians)
    except SharesMissing as error:
        _name_the_wrong(error.wrong)
        more = "1 more custodian" if error.missing == 1 else f"{error.missing} more custodians"
        raise CheckFailed(
            f"too few of the custodians' answers can be used: {more} must answer", "tell the custodians, and ask again"
        ) from None
    _name_the_wrong(found.wrong)
    return found.keys


def _name_the_wrong(wrong: Mapping[str, str]) -> None:
    for name, fault in sorted(wrong.items()):
        warn(f"{name or 'somebody unknown'} {fault}", "tell the custodians")
