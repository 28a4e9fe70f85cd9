"""`amparo serve`: the service of a vault."""

import argparse
import contextlib
import ctypes
import errno
import os
import resource
import signal
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from api.app import create_app
from api.cli.failures import CheckFailed, WrongUse
from api.cli.memory import give_back_memory, keep_memory_private, overwrite_freed_memory
from api.cli.output import say, warn
from api.cli.vaults import credentials, opened
from api.connections import ImpatientProtocol
from api.web.scripts import load_scripts
from vault.instance import Vault, open_vault

HELP = "start the service of a vault"
KEEP_ALIVE_SECONDS = 75
DRAIN_SECONDS = 30
BACKLOG = 2048  # connections that wait to be taken
WORKERS = 64  # processes at the most
OPEN_FILES = 65536  # connections and files at once, as far as the system lets us
_PR_SET_PDEATHSIG = 1  # prctl(2)
_FOLDER = "AMPARO_WORKER_FOLDER"


class AddressTaken(WrongUse):
    """Another program listens there."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the vault that amparo init made")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that share the work (1)")


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    if not 1 <= args.workers <= WORKERS:
        raise WrongUse(f"{args.workers} is no number of processes", f"choose from 1 to {WORKERS} with --workers")
    overwrite_freed_memory()
    with listen(args.host, args.port) as listener:
        with opened(args.folder) as vault:  # also for several: what is wrong with the vault is told once, and here
            if args.workers == 1:
                serve(vault, listener)
                return 0
        serve_together(args.folder, args.workers, listener)
    return 0


def listen(host: str, port: int) -> socket.socket:
    """The socket to serve on; WrongUse when the address is taken, or is none of this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OverflowError:
        raise WrongUse(f"{port} is no port", "choose one from 1 to 65535 with --port") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AddressTaken(
                f"something else listens on {host}, port {port}", "stop it, or choose another port with --port"
            ) from None
        if error.errno == errno.EACCES:
            raise WrongUse(f"you may not listen on port {port}", "choose a port above 1023 with --port") from None
        raise WrongUse(f"{host} is no address of this machine", "see amparo serve --help") from None


def serve(vault: Vault, listener: socket.socket) -> None:
    """Run the service of `vault` until told to stop. No request is logged; its memory is written nowhere."""
    keep_memory_private()
    give_back_memory()
    allow_open_files()
    _announce(vault.settings.folder, listener)
    server = uvicorn.Server(_config(create_app(vault)))
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise CheckFailed("the service did not start", "look at the messages above")


def serve_together(folder: Path, workers: int, listener: socket.socket) -> None:
    """The same by several processes, each with the vault opened for itself; one that dies is replaced."""
    os.environ[_FOLDER] = str(folder.resolve())  # how the processes, which begin anew, come to know it
    _announce(folder, listener)
    config = _config("api.cli.serve:app_of_worker", factory=True, workers=workers)
    Multiprocess(config, [listener]).run()


def app_of_worker() -> FastAPI:
    """The service in one of several processes; uvicorn calls this there."""
    keep_memory_private()
    give_back_memory()
    # Nobody would replace one that dies once the first process is gone; whoever started that one starts all anew.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    allow_open_files()
    return create_app(open_vault(Path(os.environ[_FOLDER]), credentials=credentials()))


def announce(what: str, listener: socket.socket) -> None:
    """Say that something answers at the listener's address."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    say(f"{what} on http://{shown}:{port} (Ctrl+C stops it)")
    sys.stdout.flush()


def _announce(folder: Path, listener: socket.socket) -> None:
    if not load_scripts():
        warn("the script of the first page is not built: sources send by plain forms", "run make page, and start again")
    announce(f"amparo serves {folder}", listener)


def _config(app: FastAPI | str, *, factory: bool = False, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=factory,
        workers=workers,
        http=ImpatientProtocol,
        access_log=False,  # addresses and paths are never written down
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def allow_open_files() -> None:
    """Raise the limit of open files, so that many connections do not leave too few for the store."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
