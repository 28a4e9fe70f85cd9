"""A process that takes a lock, says so, and keeps it until its input ends or it is killed."""

import sys
from pathlib import Path

from vault.database.connection import Database

if __name__ == "__main__":
    url, lock, name = sys.argv[1:]
    with Database(url).locks(Path(lock)).hold(name):
        print("held", flush=True)
        sys.stdin.read()
