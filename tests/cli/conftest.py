"""A released bundle, made once, and a way to run commands."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.commands import Amparo
from tests.vault.making import Furnished, download, furnished, person, running


@pytest.fixture
def amparo(capsys: pytest.CaptureFixture[str]) -> Amparo:
    return Amparo(capsys)


@dataclass(frozen=True)
class Handed:
    """What a partner has: the bundle, a key, the trust anchor. `stranger` is somebody else's key."""

    vault: Furnished
    bundle: Path
    key: Path
    trust: Path
    stranger: Path


@pytest.fixture(scope="session")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    folder = tmp_path_factory.mktemp("handed")
    made = furnished(folder / "vault")
    bundle = folder / "bundle.zip"
    with running(made.folder) as vault:
        download(vault, made.partner, made.request, bundle)
    stranger = person("stranger").write(folder)
    return Handed(made, bundle, made.partner.write(folder), made.folder / "trust.json", stranger)
