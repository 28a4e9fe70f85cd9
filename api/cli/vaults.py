"""Open a vault for a command: credentials from the environment, the database's failures in plain words."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from api.cli.failures import CheckFailed, WrongUse
from vault.instance import Vault, open_vault

ACCESS_KEY: Final = "AMPARO_S3_ACCESS_KEY"
SECRET_KEY: Final = "AMPARO_S3_SECRET_KEY"  # noqa: S105 - the name of a variable


def credentials() -> tuple[str, str] | None:
    """The object store's credentials, or None; WrongUse when only one half is set."""
    access, secret = os.environ.get(ACCESS_KEY, ""), os.environ.get(SECRET_KEY, "")
    if bool(access) != bool(secret):
        raise WrongUse(f"only one of {ACCESS_KEY} and {SECRET_KEY} is set", "set both, or neither")
    return (access, secret) if access else None


@contextlib.contextmanager
def database_failures() -> Iterator[None]:
    """Turn the database library's errors, which quote addresses and statements, into ours."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
        raise WrongUse(
            "the database URL is malformed, or of a kind without a driver here", "see amparo init --help"
        ) from None
    except SQLAlchemyError:
        raise CheckFailed("the database does not answer, or is not one", "check the URL and that it runs") from None


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Vault]:
    """The vault in `folder`; its sequencer is not started."""
    with database_failures():
        vault = open_vault(folder, credentials=credentials())
        try:
            yield vault
        finally:
            vault.close()
