"""A place for one database, that other processes can be told of."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.paths import ROOT
from vault.database.connection import Database
from vault.locks import Locks


@dataclass(frozen=True)
class Place:
    """The URL of a database, and the file for the locks of one that has none of its own."""

    url: str
    lock: Path
    opened: list[Database] = field(default_factory=list, repr=False)

    def database(self) -> Database:
        database = Database(self.url)
        self.opened.append(database)
        return database

    def locks(self) -> Locks:
        return self.database().locks(self.lock)

    def close(self) -> None:
        for database in self.opened:
            database.close()

    def process(self, module: str, *words: str) -> subprocess.Popen[str]:
        """Run a module of the tests in a process of its own, which is told this place first."""
        return subprocess.Popen(
            [sys.executable, "-m", module, self.url, str(self.lock), *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
