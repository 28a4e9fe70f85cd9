"""What `amparo blur` does once all it needs is there: everything is decided and checked before a file gets its name."""

import argparse
import contextlib
from pathlib import Path
from typing import BinaryIO

from api.cli.blur_faces import FRAME_SIDES, PHOTO_SIDES, FaceFinder
from api.cli.blur_marks import Mark, parse_mark
from api.cli.blur_photo import blur_photo
from api.cli.blur_record import Made, derivative, encoded
from api.cli.blur_review import Review
from api.cli.blur_video import blur_video
from api.cli.failures import CheckFailed, WrongUse
from api.cli.files import FileReader
from api.cli.output import new_file, print_json, require_free, say
from evidence.canonical import Json
from redaction.containers.formats import container_of
from redaction.finding import Outcome, filler_bytes
from redaction.planner import plan
from redaction.second_reader import second_opinion


def blur(args: argparse.Namespace) -> int:
    """Cover, check, write; `args` are those of `api.cli.blur`."""
    record_path = args.output.with_name(f"{args.output.name}.record.json")
    for path in (args.output, record_path, args.review):
        if path is not None:
            require_free(path)
    marks = [parse_mark(text) for text in args.box]
    if args.no_faces and not marks:
        raise WrongUse("there is nothing to cover", "mark places with --box, or leave out --no-faces")
    review = None if args.review is None else Review(args.review)
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(FileReader(args.file))
        source = stack.enter_context(args.file.open("rb"))
        media_type = container_of(reader).media_type(reader)
        # Named last, so that no covered file stands there without its record.
        output = stack.enter_context(new_file(args.output))
        record_file = stack.enter_context(new_file(record_path))
        sheet = None if args.review is None else stack.enter_context(new_file(args.review))
        made = _make(args, (source, media_type), output, marks, review)
        output.flush()
        _blank(output)
        result = stack.enter_context(FileReader(output.fileno()))
        record = derivative(args.file, (reader, media_type), (result, _vouched(result, reader)), made)
        record_file.write(encoded(record))
        if review is not None and sheet is not None:
            review.write(sheet)
    _tell(args, record, made, record_path)
    return 0


def _make(
    args: argparse.Namespace, source: tuple[BinaryIO, str], output: BinaryIO, marks: list[Mark], review: Review | None
) -> Made:
    file, media_type = source
    if media_type.startswith("image/"):
        finder = None if args.no_faces else FaceFinder(PHOTO_SIDES)
        return blur_photo(file, output, args.output, marks, finder, rough=args.mosaic, review=review)
    if not media_type.startswith("video/"):
        raise WrongUse("the file has no picture", "sound alone cannot be covered: edit it in a sound editor")
    if args.mosaic:
        raise WrongUse("a video is not covered with a mosaic: its frames together would tell more", "leave it out")
    finder = None if args.no_faces else FaceFinder(FRAME_SIDES)
    return blur_video(file, media_type, output, args.output, marks, finder, audio=args.audio, review=review)


def _blank(output: BinaryIO) -> None:
    """Blank what the programs that encode and write say of themselves: names, versions, statistics."""
    with FileReader(output.fileno()) as written:
        findings = plan(written).findings
    for finding in findings:
        output.seek(finding.offset)
        output.write(filler_bytes(finding.filler, finding.length))
    output.flush()


def _vouched(result: FileReader, original: FileReader) -> str:
    """The media type of the new file; CheckFailed when anything in it tells of place or person.

    Asked are our own redactor and other readers, and a search for each value that the original would have withheld.
    """
    planned = plan(result)
    withheld = plan(original).findings
    told = [finding.what for finding in planned.findings]
    told += second_opinion(original, withheld, result, planned.media_type)
    if planned.outcome is not Outcome.CLEAN or told:
        said = ", ".join(sorted(set(told))) or planned.reason
        raise CheckFailed(
            f"nothing was written: the new file would still tell something ({said})",
            "try another ending for OUT, or --audio remove",
        )
    return planned.media_type


def _tell(args: argparse.Namespace, record: Json, made: Made, record_path: Path) -> None:
    if args.json:
        print_json(record)
        return
    faces = sum(each.what == "face" for each in made.covered)
    say(f"{args.output}: {faces} {'face' if faces == 1 else 'faces'} and {len(made.covered) - faces} marked covered")
    if made.audio == "kept":
        say("  the sound is as it was: a voice tells who speaks")
    say(f"  {record_path} names the original's hash: keep it, do not publish it")
    say("Faces are missed. Look at every part of the new file before it is published; mark what is missed with --box.")
