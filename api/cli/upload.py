"""`amparo upload`: what the phone page does, from the command line."""

import argparse
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from api.cli.output import Progress, print_json, say, warn
from api.client import Client
from api.web.forms import DESTROY, FILES, KEEP, KEEP_PLACE, STATEMENT
from evidence.ids import parse_receipt

HELP = "send a statement and files to a vault, as a source"
CHUNK = 1024 * 1024  # bytes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", metavar="FILE", type=Path, nargs="*", help="photos and videos")
    parser.add_argument("--server", metavar="URL", required=True, help="the vault's address")
    parser.add_argument("--statement", metavar="TEXT", default="", help="what happened, in your words")
    parser.add_argument("--keep-place", action="store_true", help="keep the place, sealed to the custodians")
    parser.add_argument("--receipt", metavar="CODE", help="add to the case of this receipt")
    parser.add_argument("--json", action="store_true", help="print what the vault answers, for programs")


def run(args: argparse.Namespace) -> int:
    """Send; print the case number, the receipt and what was removed."""
    headers = {}
    if args.receipt:
        headers["Authorization"] = f"Receipt {parse_receipt(args.receipt)}"
    boundary = secrets.token_hex(16)
    headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
    fields = [(STATEMENT, args.statement), (KEEP_PLACE, KEEP if args.keep_place else DESTROY)]
    sizes = [path.stat().st_size for path in args.files]
    headers["Content-Length"] = str(sum(sizes) + len(b"".join(_frame(boundary, fields, len(args.files)))))
    with Client(args.server) as client, Progress(sum(sizes), "sending") as progress:
        answer = client.post_stream("/report", _body(boundary, fields, args.files, sizes, progress), headers)
    if args.json:
        print_json(answer)
        return 0
    _tell(answer)
    return 0


def _body(
    boundary: str,
    fields: Sequence[tuple[str, str]],
    files: Sequence[Path],
    sizes: Sequence[int],
    progress: Progress,
) -> Iterator[bytes]:
    """A multipart body (RFC 7578) that is read from the files while it is sent; file names stay here."""
    frame = list(_frame(boundary, fields, len(files)))
    yield frame[0]
    for path, size, head in zip(files, sizes, frame[1:-1], strict=True):
        yield head
        left = size  # exactly what was promised in Content-Length, even if the file grows meanwhile
        with path.open("rb") as file:
            while left and (chunk := file.read(min(CHUNK, left))):
                yield chunk
                left -= len(chunk)
                progress.update(len(chunk))
    yield frame[-1]


def _frame(boundary: str, fields: Sequence[tuple[str, str]], files: int) -> Iterator[bytes]:
    """Everything but the files' bytes: the text fields, one head per file, the end."""
    yield "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    ).encode()
    for number in range(1, files + 1):
        start = "\r\n" if number > 1 else ""
        yield (
            f'{start}--{boundary}\r\nContent-Disposition: form-data; name="{FILES}"; filename="{number}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
    end = "\r\n" if files else ""
    yield f"{end}--{boundary}--\r\n".encode()


def _tell(answer: dict[str, Any]) -> None:
    receipt = answer["receipt"]
    say(f"Case number: {answer['case']}   (give this to your lawyer)")
    fours = " ".join(receipt[at : at + 4] for at in range(0, len(receipt), 4))
    say(f"Receipt:     {fours}   (only for you; nobody can recover it)")
    if not answer.get("confirmed", True):
        warn("it is sealed, but the vault could not confirm it yet", "keep the receipt, and look again in some minutes")
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
