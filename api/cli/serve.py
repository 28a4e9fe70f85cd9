"""`amparo serve`: the service of a vault."""

import argparse
import resource
from pathlib import Path

import uvicorn

from api.app import create_app
from api.cli.failures import WrongUse
from api.cli.output import say
from api.cli.vaults import credentials
from vault.instance import open_vault

HELP = "start the service of a vault"
KEEP_ALIVE_SECONDS = 75
DRAIN_SECONDS = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the vault that amparo init made")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes; this version runs one")


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    if args.workers != 1:
        raise WrongUse("this version runs one process", "leave --workers out")
    serve(args.folder, args.host, args.port)
    return 0


def serve(folder: Path, host: str, port: int) -> None:
    """Run the service. No request is logged; no core dump can be written."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    app = create_app(open_vault(folder, credentials=credentials()))
    say(f"amparo serves {folder} on http://{host}:{port}")
    uvicorn.run(
        app,
        host=host,
        port=port,
        access_log=False,  # addresses and paths are never written down
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
