"""`make run`: a demo vault under a folder, with one custodian, one partner and one auditor, and what to try next.

Started again, it starts the same vault again.
"""

import sys
import threading
import time
from pathlib import Path
from typing import Final

import httpx

from api.cli.main import main as amparo
from api.cli.output import say
from api.cli.serve import serve
from vault.setup import exists

HOST: Final = "127.0.0.1"
PORT: Final = 8000
PEOPLE: Final = ("custodian", "partner", "auditor")


def main(folder: Path) -> None:
    """Make the demo if it is not there, and serve it until told to stop."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    vault = folder / "vault"
    for name in PEOPLE:
        if not (folder / f"{name}.key").exists():
            _run("keygen", name, "-o", str(folder / f"{name}.key"))
    if not exists(vault):
        _run(
            "init", str(vault), "--custodian", str(folder / "custodian.key.pub"), "--origin", "demo.amparo.invalid/log"
        )
    threading.Thread(target=_enrol, args=(folder,), daemon=True).start()
    serve(vault, HOST, PORT)


def _enrol(folder: Path) -> None:
    """Once the service answers: enrol the partner and the auditor, if that was not done before."""
    address = f"http://{HOST}:{PORT}"
    for _ in range(300):
        try:
            if httpx.get(f"{address}/health", trust_env=False).is_success:
                break
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    custodian = ("custodian", "-i", str(folder / "custodian.key"), "--server", address)
    for name in PEOPLE[1:]:
        done = folder / f"{name}.enrolled"
        if not done.exists():
            _run(*custodian, "enrol", str(folder / f"{name}.key.pub"), "--role", name)
            done.touch()
    _tell(folder, address)


def _tell(folder: Path, address: str) -> None:
    command = Path(sys.executable).with_name("amparo")
    trust = folder / "vault" / "trust.json"
    say(
        f"""
The vault answers on {address}

Try this, in another terminal:
  1. open {address} in a browser and send a photo, or:
     {command} upload PHOTO.jpg --server {address} --statement "what happened"
  2. as the lawyer, ask for the case:
     {command} partner -i {folder}/partner.key --server {address} request CASE --purpose "court case"
  3. as the custodian, look and approve:
     {command} custodian -i {folder}/custodian.key --server {address} requests
     {command} custodian -i {folder}/custodian.key --server {address} approve REQUEST
  4. as the lawyer, download, then open and check it offline:
     {command} partner -i {folder}/partner.key --server {address} download REQUEST -o case.zip
     {command} open case.zip -i {folder}/partner.key -o case --trust {trust}
  5. as the auditor, check the custody log:
     {command} audit {address} --trust {trust} -i {folder}/auditor.key --state {folder}/audit.state
"""
    )
    sys.stdout.flush()


def _run(*words: str) -> None:
    code = amparo(words)
    if code != 0:
        sys.exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
