"""`amparo keygen`: a new identity."""

import argparse
import secrets
from pathlib import Path

from api.cli.failures import WrongUse
from api.cli.keys import public_path
from api.cli.output import new_file, note, say
from api.cli.spoken import words_of
from evidence.fields import rfc3339
from evidence.identity import NAME_PATTERN, public_line
from vault.age.identities import SECRET_BYTES, identity_from_secret, render_identity_file
from vault.clock import SystemClock

HELP = "make a new identity: a secret key file and its public line"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="letters, digits, dots, hyphens and underscores, at most 64")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True, help="the secret; FILE.pub is public"
    )
    parser.add_argument("--classic", action="store_true", help="X25519 alone, for age before 1.3; not post-quantum")


def run(args: argparse.Namespace) -> int:
    """Write both files; print the public line."""
    identity = identity_from_secret(secrets.token_bytes(SECRET_BYTES), hybrid=not args.classic)
    if not NAME_PATTERN.fullmatch(args.name):
        raise WrongUse("the name has characters that it may not have, or is too long", "amparo keygen --help")
    line = public_line(args.name, identity.recipient_text, identity.secret)
    text = render_identity_file(identity, rfc3339(SystemClock().now()))
    # The public line first: it is worth nothing alone, and a secret must never be named without it.
    with new_file(args.output) as secret, new_file(public_path(args.output), 0o644) as public:
        public.write(f"{line}\n".encode())
        secret.write(text.encode())
    say(str(line))
    note(f"Six words of this line, to read out by voice to who enrols you: {words_of(line)}")
    return 0
