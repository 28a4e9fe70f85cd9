"""The settings of one vault, read once from `DIR/vault.toml` and handed down; there is no global.

| field | unit | who is trusted with it |
|---|---|---|
| `origin` | the log's name, a schema-less URL | public |
| `database` | SQLAlchemy URL, relative to DIR | who writes there can make the vault forget; the log shows it |
| `store` | `file:…` relative to DIR, or `s3://…` | who writes there can stop the vault, but change nothing unnoticed |
| `log_key` | file in DIR, mode 600 | its thief can sign another history; auditors who kept a checkpoint see it |
| `organisation` | text on the pages | public |
| `app_name` | the name of the pages on a phone's first screen | public |
| `leave_url` | where "Leave now" leads: `https://…`; empty: a blank page of ours | that site sees visitors come |
| `authorities` | host names (with port, if not the usual) that people use, by commas | public; empty: any |
| `file_bytes`, `report_bytes` | bytes | – |
| `report_files` | count | – |
| `timestamp_hours` | hours from one timestamp of an authority to its next | – |
| `fixity_hours` | hours from one check of everything stored to the next | – |
| `fixity_rate` | bytes a second that such a check reads at most | – |
| `notice_hours` | hours from one notice (`vault.notices`) to the next | –; who carries it learns no finer time |
| `cadence_seconds` | seconds between two checkpoints | –; who sees the log learns no finer time of an upload |
| `uploads_at_once`, `waiting_bytes` | count and bytes of unfinished uploads; from a quarter on work is asked for | – |
| `cases_per_hour`, `forms_per_hour` | a process: cases opened by programs (as above), reports by plain forms | – |
| `free_bytes` | bytes that must stay free on the disk for new cases and uploads to be taken | – |
| `upload_seconds`, `live_seconds` | seconds after the last byte until an unfinished upload becomes an exhibit | – |

Unknown members, missing files and a log key that others may read are refused: fail closed, create nothing silently.
"""

import math
import os
import re
import stat
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from vault.errors import SettingsError

FILE: Final = "vault.toml"
TRUST_FILE: Final = "trust.json"
DATABASE: Final = "sqlite:///vault.db"
STORE: Final = "file:store"
PAGES: Final = "pages"
CADENCE: Final = 10.0  # seconds
GIB: Final = 1 << 30
_KINDS: Final[dict[str, type | tuple[type, ...]]] = {"str": str, "int": int, "float": (int, float)}
_LEAVE_URL: Final = re.compile(r"(https://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """See the head of this module. `folder` is the vault's DIR, which is not in the file."""

    folder: Path
    origin: str
    database: str = DATABASE
    store: str = STORE
    log_key: str = "log.key"
    organisation: str = "Amparo"
    app_name: str = "Notes"
    leave_url: str = ""
    authorities: str = ""
    file_bytes: int = 10 * GIB
    report_bytes: int = 20 * GIB
    report_files: int = 50
    cadence_seconds: float = CADENCE
    uploads_at_once: int = 10_000
    waiting_bytes: int = 200 * GIB
    cases_per_hour: int = 2000
    forms_per_hour: int = 1000
    free_bytes: int = GIB
    upload_seconds: int = 24 * 3600
    live_seconds: int = 600
    timestamp_hours: int = 24
    fixity_hours: int = 24
    notice_hours: int = 1
    fixity_rate: int = 16 << 20

    def answers_to(self, authority: str) -> bool:
        """Whether signed requests for this host are ours: none that was signed for another address may be relayed."""
        names = {name.strip().lower() for name in self.authorities.split(",") if name.strip()}
        return not names or authority.lower() in names

    @property
    def spool(self) -> Path:
        """Where what must be read twice waits, encrypted under keys that exist only in memory."""
        return self.folder / "spool"

    @property
    def pages(self) -> Path:
        """Where the organisation may put its own texts and icon; it need not exist."""
        return self.folder / PAGES

    @property
    def lock(self) -> Path:
        """The file that the locks of an SQLite vault lie in."""
        return self.folder / "vault.lock"

    @property
    def database_url(self) -> str:
        """`database` with a relative SQLite path resolved against `folder`."""
        prefix = "sqlite:///"
        if self.database.startswith(prefix) and not self.database.startswith(prefix + "/"):
            return prefix + str(self.folder.resolve() / self.database.removeprefix(prefix))
        return self.database

    def write(self) -> None:
        """Write `vault.toml`; the file must not exist yet."""
        lines = []
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name != "folder":
                lines.append(f'{each.name} = "{value}"' if isinstance(value, str) else f"{each.name} = {value}")
        with (self.folder / FILE).open("x", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def load(folder: Path) -> Settings:
    """Read the settings of the vault in `folder`; SettingsError says what is missing or unknown."""
    try:
        members = tomllib.loads((folder / FILE).read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError("there is no vault here; make one with: amparo init DIR") from None
    except (OSError, ValueError):
        raise SettingsError(f"{FILE} cannot be read, or is not TOML") from None
    kinds = {each.name: getattr(each.type, "__name__", each.type) for each in fields(Settings) if each.name != "folder"}
    for name, value in members.items():
        if name not in kinds:
            raise SettingsError(f"{FILE} has a member that this version does not know")
        if not isinstance(value, _KINDS[str(kinds[name])]) or isinstance(value, bool):
            raise SettingsError(f"{FILE}: {name} is of the wrong type")
        if not _possible(value):
            raise SettingsError(f"{FILE}: {name} has a value that it cannot have")
    if _LEAVE_URL.fullmatch(str(members.get("leave_url", ""))) is None:
        raise SettingsError(f"{FILE}: leave_url is neither empty nor an address that begins with https://")
    if "origin" not in members:
        raise SettingsError(f"{FILE}: origin is missing")
    return Settings(folder=folder, **members)


def _possible(value: object) -> bool:
    if isinstance(value, str):
        return '"' not in value
    if isinstance(value, int):
        return value >= 1
    return isinstance(value, float) and 0.001 <= value < math.inf


def read_secret(path: Path) -> bytes:
    """A small secret file; SettingsError when it is missing or others than its owner may read it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        raise SettingsError(f"{path.name} cannot be read") from None
    with os.fdopen(descriptor, "rb") as file:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise SettingsError(f"{path.name} can be read by others; run: chmod 600 {path.name}")
        return file.read(65536)
