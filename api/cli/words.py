"""`amparo words`: the six words of a public line."""

import argparse
from pathlib import Path

from api.cli.keys import load_public
from api.cli.output import say
from api.cli.spoken import words_of

HELP = "show the six words of a public line, to compare them by voice"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("public", metavar="PUBFILE", type=Path, help="a public line, as keygen writes it")


def run(args: argparse.Namespace) -> int:
    """Print them."""
    say(words_of(load_public(args.public)))
    return 0
