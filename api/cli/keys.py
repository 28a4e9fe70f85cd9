"""Key files of people: the secret in FILE, as age-keygen writes it, and the public line in FILE.pub."""

import os
import stat
from pathlib import Path
from typing import Final

from api.cli.failures import WrongUse
from api.cli.output import warn
from evidence.errors import EvidenceError, IdentityError
from evidence.identity import LINE_LIMIT, PublicLine, public_line
from evidence.trust import FILE_LIMIT, Trust
from vault.age.errors import AgeError
from vault.age.identities import KeyIdentity, parse_identity_file

_KEY_FILE_LIMIT: Final = 1 << 16  # bytes


def public_path(path: Path) -> Path:
    """Where the public line of the key file `path` stands."""
    return path.with_name(path.name + ".pub")


def load_identity(path: Path) -> tuple[KeyIdentity, PublicLine]:
    """The identity in a key file and its public line; WrongUse says what is wrong with either file."""
    identity = _identity(path)
    line = load_public(public_path(path))
    if line != public_line(line.name, identity.recipient_text, identity.secret):
        raise WrongUse(
            f"{public_path(path)} is not the public line of {path}",
            "put the .pub file that was made with this key beside it",
        )
    return identity, line


def load_public(path: Path) -> PublicLine:
    """The public line in a .pub file."""
    try:
        text = _read(path, LINE_LIMIT + 2).decode("ascii")
        return PublicLine.parse(text.removesuffix("\n").removesuffix("\r"))
    except FileNotFoundError:
        raise WrongUse(
            f"{path} is missing", "amparo keygen writes it beside the key file; keep both together"
        ) from None
    except UnicodeDecodeError:
        raise WrongUse(f"{path} is no public line", "use the .pub file that amparo keygen wrote") from None
    except IdentityError as error:
        raise WrongUse(f"{path}: {error.reason}", "use the .pub file that amparo keygen wrote") from None


def load_policy(path: Path) -> tuple[str, ...]:
    """The lines of a witness policy, without those that name a log: the vault's own stands in the trust anchor."""
    try:
        lines = _read(path, _KEY_FILE_LIMIT).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise WrongUse(f"{path} is no witness policy", "write it as c2sp.org/tlog-policy says") from None
    return tuple(line for line in lines if line.split() and not line.lstrip().startswith(("#", "log ", "log\t")))


def load_trust(path: Path) -> Trust:
    """The trust anchor in a file."""
    try:
        return Trust.parse(_read(path, FILE_LIMIT))
    except EvidenceError as error:
        hint = "use the trust.json that the organisation gave you when you were enrolled"
        raise WrongUse(f"{path}: {error.reason}", hint) from None


def _identity(path: Path) -> KeyIdentity:
    _warn_if_readable_by_others(path)
    try:
        identities = parse_identity_file(_read(path, _KEY_FILE_LIMIT).decode("ascii"))
    except UnicodeDecodeError:
        raise WrongUse(f"{path} is no key file", "use the file that amparo keygen wrote") from None
    except AgeError as error:
        raise WrongUse(f"{path}: {error.reason}", "use the file that amparo keygen wrote") from None
    if len(identities) != 1:
        raise WrongUse(f"{path} holds more than one key", "use a file with one key: it says who you are")
    return identities[0]


def _warn_if_readable_by_others(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        warn(f"{path} can be read by others on this computer", f"chmod 600 {path}")


def _read(path: Path, limit: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a named pipe must not stop us
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise WrongUse(f"{path} is not a file", "check the path, and try again")
        return file.read(limit)
