"""`amparo upload`: what the phone page does, from the command line."""

import argparse
from pathlib import Path
from typing import Any

from api.cli.failures import WrongUse
from api.cli.files import FileReader
from api.cli.output import Progress, print_json, say, warn
from api.cli.sending import Sending
from api.client import Client, ServerError
from api.tus import KEEPING, UPLOADS
from api.web.forms import STATEMENT
from evidence.consent import Scope
from evidence.ids import Receipt, parse_receipt

HELP = "send a statement and files to a vault, as a source"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", metavar="FILE", type=Path, nargs="*", help="photos and videos")
    parser.add_argument("--server", metavar="URL", required=True, help="the vault's address")
    parser.add_argument("--statement", metavar="TEXT", default="", help="what happened, in your words")
    parser.add_argument("--keep-place", action="store_true", help="keep the place, sealed to the custodians")
    parser.add_argument("--receipt", metavar="CODE", help="add to the case of this receipt")
    parser.add_argument(
        "--consent",
        choices=[each.value for each in Scope],
        default="",
        help="whom you let have the case; with --receipt it is changed, also when nothing is sent",
    )
    parser.add_argument("--json", action="store_true", help="print what the vault answers, for programs")


def run(args: argparse.Namespace) -> int:
    """Send; print the case number, the receipt and what was removed."""
    if not args.files and not args.statement.strip() and not (args.receipt and args.consent):
        raise WrongUse("there is nothing to send", "name photos or videos, or give --statement")
    total = sum(_size(path) for path in args.files)
    with Client(args.server) as client:
        case, receipt, uploads = _case(client, args)
        sending, numbers, refused = Sending(client, receipt, uploads), list[int](), list[int]()
        with Progress(total, "sending") as progress:
            for place, path in enumerate(args.files, 1):
                try:
                    number = sending.send(path, progress)
                except ServerError as error:
                    if error.code != "unsupported-media" or (len(args.files) == 1 and not args.statement.strip()):
                        raise
                    refused.append(place)
                else:
                    numbers.append(number)
        seen = client.get("/api/receipt", headers={"Authorization": f"Receipt {receipt}"})
    exhibits = [each for each in seen["exhibits"] if each["number"] in numbers]
    answer: dict[str, Any] = {"case": case, "receipt": receipt, "exhibits": exhibits, "refused": refused}
    answer |= {name: seen[name] for name in ("consent", "code") if name in seen}
    if not seen.get("confirmed", True):
        answer["confirmed"] = False
    if args.json:
        print_json(answer)
    else:
        _tell(answer)
    return 0


def _size(path: Path) -> int:
    """Bytes of a regular file; asked before anything is sent."""
    with FileReader(path) as reader:
        return reader.size


def _case(client: Client, args: argparse.Namespace) -> tuple[str, Receipt, str]:
    """The case to send to: number, receipt, where its files go."""
    if args.receipt:
        return _add_to(client, args)
    opened = client.post(
        "/api/cases", {"statement": args.statement, "keep_place": bool(args.keep_place), "consent": args.consent}
    )
    return opened["case"], parse_receipt(opened["receipt"]), opened["uploads"]


def _add_to(client: Client, args: argparse.Namespace) -> tuple[str, Receipt, str]:
    receipt = parse_receipt(args.receipt)
    shown = {"Authorization": f"Receipt {receipt}"}
    if args.statement.strip():
        client.post_form("/report", {STATEMENT: args.statement}, shown)
    if args.consent:
        client.post("/api/receipt/consent", {"consent": args.consent}, shown)
    case = client.get("/api/receipt", headers=shown)["case"]
    return case, receipt, KEEPING if args.keep_place else UPLOADS


def _tell(answer: dict[str, Any]) -> None:
    receipt = answer["receipt"]
    say(f"Case number: {answer['case']}   (give this to your lawyer)")
    fours = " ".join(receipt[at : at + 4] for at in range(0, len(receipt), 4))
    say(f"Receipt:     {fours}   (only for you; nobody can recover it)")
    if not answer.get("confirmed", True):
        warn("it is sealed, and waits for the next checkpoint of the log, which confirms it", "keep the receipt")
    if answer.get("code"):
        say(f"Code:        {answer['code']}   (for one lawyer of yours, with the case number)")
    for exhibit in answer["exhibits"]:
        say()
        say(f"Exhibit {exhibit['number']}: {exhibit['media_type']}, {exhibit['bytes']} bytes")
        say(f"  SHA-256 {exhibit['sha256']}")
        if exhibit["outcome"] != "clean":
            say("  It could not be read to its end: it is sealed whole and will not be released by default.")
        elif not exhibit["removed"]:
            say("  Nothing had to be removed.")
        for what in exhibit["removed"]:
            say(f"  removed: {what}")
    for place in answer.get("refused", []):
        warn(
            f"file {place} is of a kind that is not accepted and was not kept",
            "send photos, videos or recordings of a phone",
        )
