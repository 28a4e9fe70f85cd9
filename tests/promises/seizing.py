"""What somebody has who carries a vault away: its disk, its database, its bucket, and the memory of its service."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import MetaData, select

from api.cli.vaults import credentials
from tests.service import World
from tests.traces import files
from vault.instance import open_vault

SETTLING: Final = 1.5  # seconds after the last answer
_SPECIAL: Final = ("[vvar]", "[vsyscall]")


@dataclass(frozen=True)
class Image:
    """Everything that was taken: `objects` by their keys; `clear`, which is everything else, by names of ours."""

    objects: dict[str, bytes]
    clear: dict[str, bytes]
    memory: list[bytes]

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of each part."""
        yield from self.objects.items()
        yield from self.clear.items()
        yield from (("memory", piece) for piece in self.memory)


def seize(world: World) -> Image:
    """Stop the service in its tracks, and take everything; it is killed afterwards."""
    time.sleep(SETTLING)
    os.kill(world.service.pid, signal.SIGSTOP)
    memory = _memory(world.service.pid)
    world.service.kill()
    with contextlib.closing(open_vault(world.vault, credentials=credentials())) as vault:
        objects = {key: vault.store.read(key) for key in vault.store.list()}
        tables = MetaData()
        tables.reflect(vault.database.engine)
        rows = list[bytes]()
        with vault.database.reading() as connection:
            for table in tables.sorted_tables:
                for row in connection.execute(select(table)):
                    rows += [bytes(each) if isinstance(each, bytes) else str(each).encode() for each in row]
    clear = {str(path): path.read_bytes() for path in files([world.vault]) if "store" not in path.parts}
    clear |= {"settings of the environment": "\n".join(credentials() or ()).encode()}
    clear |= {f"database value {number}": value for number, value in enumerate(rows)}
    return Image(objects, clear, memory)


def _memory(pid: int) -> list[bytes]:
    """What a core dump would hold, and more: everything that may be read."""
    pieces = []
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            borders, rights, *rest = line.split()
            if "r" in rights and not set(rest) & set(_SPECIAL):
                low, high = (int(each, 16) for each in borders.split("-"))
                with contextlib.suppress(OSError, OverflowError):
                    memory.seek(low)
                    pieces.append(memory.read(high - low))
    return pieces
