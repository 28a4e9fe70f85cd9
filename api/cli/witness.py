"""`amparo witness`: cosign the logs of other organisations, so that none of them can show two histories."""

import argparse
import contextlib
import time
from pathlib import Path

import uvicorn

from api.cli.failures import WrongUse
from api.cli.output import say
from api.cli.serve import announce, listen
from api.connections import ImpatientProtocol
from api.witness import create_app
from evidence.errors import EvidenceError
from evidence.tlog.keys import SignatureType, VerifierKey
from vault.witness import keys
from vault.witness.cosigning import Witness
from vault.witness.state import State

HELP = "run a log witness: cosign the logs of other organisations"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="where the witness keeps its key and what it saw")
    work = parser.add_subparsers(dest="work", required=True, metavar="WORK")
    init = work.add_parser("init", help="make a new witness")
    init.add_argument("name", metavar="NAME", help="what others call it: an address without https://")
    add = work.add_parser("add", help="cosign a log from now on")
    add.add_argument("vkey", metavar="VKEY", help="the log's verifier key, as amparo init printed it")
    add.add_argument("--origin", default="", metavar="TEXT", help="the log's origin, where it is not its key's name")
    work.add_parser("show", help="its verifier keys, and how far it saw each log")
    serve = work.add_parser("serve", help="answer logs; put it behind TLS")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, default=8100, help="port to listen on (8100)")


def run(args: argparse.Namespace) -> int:
    """Do one of them."""
    {"init": _init, "add": _add, "show": _show, "serve": _serve}[args.work](args)
    return 0


def _init(args: argparse.Namespace) -> None:
    try:
        keys.create(args.folder, args.name)
    except FileExistsError:
        raise WrongUse("there is a witness here already", "choose another folder") from None
    except EvidenceError:
        raise WrongUse("that cannot be a witness's name", "use letters, digits, dots and slashes") from None
    _show(args)


def _add(args: argparse.Namespace) -> None:
    keys.load(args.folder)
    try:
        key = VerifierKey.parse(args.vkey)
    except EvidenceError:
        raise WrongUse("that is not a verifier key", "copy the whole line that amparo init printed") from None
    if key.type is not SignatureType.ED25519:
        raise WrongUse("that is a witness's key, not a log's", "copy the line of the log") from None
    State(args.folder).add(args.origin or key.name, key)
    _show(args)


def _show(args: argparse.Namespace) -> None:
    for cosigner in keys.load(args.folder):
        say(cosigner.key.vkey)
    state = State(args.folder)
    for origin in state.origins():
        say(f"log {origin}: {state.seen(origin).size} entries seen")


def _serve(args: argparse.Namespace) -> None:
    state = State(args.folder)
    app = create_app(Witness(state, keys.load(args.folder), lambda: int(time.time())), state)
    with listen(args.host, args.port) as listener:
        announce(f"the witness in {args.folder} answers", listener)
        config = uvicorn.Config(
            app, http=ImpatientProtocol, access_log=False, log_level="warning", server_header=False, proxy_headers=False
        )
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
