"""`make run`: a demo vault under a folder, with one custodian, one partner and one auditor, and what to try next.

Started again, it starts the same vault again.
"""

import contextlib
import io
import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

import httpx

from api.cli.failures import FORESEEN, explain
from api.cli.main import main as amparo
from api.cli.output import say, warn
from api.cli.serve import AddressTaken, listen, serve
from api.cli.vaults import opened
from vault.setup import exists

HOST: Final = "127.0.0.1"
PORT: Final = 8000
PEOPLE: Final = ("custodian", "partner", "auditor")
_START_SECONDS: Final = 30.0


def main(folder: Path) -> int:
    """Make the demo if it is not there, and serve it until told to stop; the exit code."""
    try:
        with listen(HOST, PORT) as listener:  # first of all: beside another demo nothing is made
            _make(folder)
            with opened(folder / "vault") as vault:
                threading.Thread(target=_enrol, args=(folder,), daemon=True).start()
                serve(vault, listener)
    except FORESEEN as error:
        told = explain(error)
        taken = isinstance(error, AddressTaken)
        warn(told.sentence, "stop it (another demo?), then start again" if taken else told.hint)
        return told.exit_code
    return 0


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    vault = folder / "vault"
    for name in PEOPLE:
        if not (folder / f"{name}.key").exists():
            _run("keygen", name, "-o", str(folder / f"{name}.key"))
    if not exists(vault):
        custodian = str(folder / "custodian.key.pub")
        _run("init", str(vault), "--custodian", custodian, "--origin", "demo.amparo.invalid/log", "--cadence", "1")
        say(f"Made a demo vault in {vault}, and the keys of its people beside it.")


def _enrol(folder: Path) -> None:
    """Once the service answers: enrol the partner and the auditor, if that was not done before."""
    address = f"http://{HOST}:{PORT}"
    if not _answers(address):
        warn("the service does not become well", "look at the messages above")
        return
    custodian = ("custodian", "-i", str(folder / "custodian.key"), "--server", address)
    for name in PEOPLE[1:]:
        done = folder / f"{name}.enrolled"
        if not done.exists():
            _run(*custodian, "enrol", str(folder / f"{name}.key.pub"), "--role", name)
            done.touch()
    _tell(folder, address)


def _answers(address: str) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{address}/health", trust_env=False).is_success:
                return True
        time.sleep(0.1)
    return False


def _tell(folder: Path, address: str) -> None:
    command = os.path.relpath(Path(sys.executable).with_name("amparo"))
    trust = folder / "vault" / "trust.json"
    say(
        f"""
The vault answers on {address}

Try this in another terminal, in this same folder:

  1. as a source, open {address} in a browser and send a photo (JPEG), or:
     {command} upload PHOTO.jpg --server {address} --statement "what happened"
     It answers with a case number, to be put for CASE below.
  2. as the lawyer (the partner), ask for the case:
     {command} partner -i {folder}/partner.key --server {address} request CASE --purpose "court case"
     It answers with the number of the request (R-…), to be put for REQUEST below.
  3. as the custodian, look at all requests, and approve this one:
     {command} custodian -i {folder}/custodian.key --server {address} requests
     {command} custodian -i {folder}/custodian.key --server {address} approve REQUEST
  4. as the lawyer, download the case, then check and open it; the second needs no network:
     {command} partner -i {folder}/partner.key --server {address} download REQUEST -o case.zip
     {command} open case.zip -i {folder}/partner.key -o case --trust {trust}
  5. as the auditor, check the custody log; again later, it also checks that nothing was rewritten:
     {command} audit {address} --trust {trust} -i {folder}/auditor.key --state {folder}/audit.state

Ctrl+C stops it. The vault stays in {folder}/; `make run` starts the same one again.
"""
    )
    sys.stdout.flush()


def _run(*words: str) -> None:
    """One command, without what it prints: the demo says in its own words what matters of it."""
    with contextlib.redirect_stdout(io.StringIO()):
        code = amparo(words)
    if code != 0:
        sys.exit(code)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
