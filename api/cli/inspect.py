"""`amparo inspect`: what a photo or video tells of place and person, without changing it."""

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from api.cli.files import FileReader
from api.cli.findings import grouped, picture, plan_json
from api.cli.layout_page import render
from api.cli.output import new_file, print_json, require_free, say, warn
from redaction.finding import Finding, Outcome
from redaction.planner import Plan, plan
from redaction.reader import Reader

HELP = "show what a photo or video tells of place and person"
_PREVIEW: Final = 32  # bytes of a value that are shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a photo or video")
    parser.add_argument(
        "--values", action="store_true", help="also show the beginning of each value: mind who looks on"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON, without values")
    parser.add_argument(
        "--html", metavar="OUT", type=Path, help="also write a page with a picture of the file and its findings"
    )


def run(args: argparse.Namespace) -> int:
    """Plan a redaction, and tell what it would withhold."""
    if args.html is not None:
        require_free(args.html)
    with FileReader(args.file) as reader:
        planned = plan(reader)
        if args.html is not None:
            _write_page(planned, reader if args.values else None, args.html)
        if args.json:
            print_json(plan_json(planned))
        else:
            for line in _lines(planned, reader if args.values else None):
                say(line)
    if planned.outcome is not Outcome.CLEAN:
        warn(f"not read to its end: {planned.reason}", "treat it as telling everything; a vault seals it whole")
    return 0


def _write_page(planned: Plan, values: Reader | None, path: Path) -> None:
    with new_file(path) as file:
        for piece in render(planned, partial(_preview, values) if values is not None else None):
            file.write(piece.encode())


def _lines(planned: Plan, values: Reader | None) -> Iterator[str]:
    count = len(planned.findings)
    yield f"{planned.media_type}, {planned.size} bytes, {count} {'finding' if count == 1 else 'findings'}"
    if not count:
        if planned.outcome is Outcome.CLEAN:
            yield "nothing that tells place or person was found"
        return
    yield f"[{picture(planned.size, planned.findings)}]"
    for words, findings in grouped(planned.findings):
        yield ""
        yield f"{words}: {sum(finding.length for finding in findings)} bytes"
        for finding in findings:
            yield f"  at {finding.offset:>12}  {finding.length:>10} bytes  {finding.what}"
            if values is not None:
                yield f"    {_preview(values, finding)}"


def _preview(reader: Reader, finding: Finding) -> str:
    value = reader.read(finding.offset, min(finding.length, _PREVIEW))
    text = "".join(chr(each) if 32 <= each < 127 else "." for each in value)
    return f"{value.hex(' ')}{' …' if finding.length > _PREVIEW else ''}  |{text}|"
