"""Settings: read strictly, and an address that is not ours takes no signed request."""

from pathlib import Path

import pytest

from vault.errors import SettingsError
from vault.settings import Settings, load, read_secret


def written(folder: Path, text: str) -> Path:
    (folder / "vault.toml").write_text(text)
    return folder


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "example.invalid/log", authorities="vault.example.org, [::1]:8000")
    settings.write()
    assert load(tmp_path) == settings


@pytest.mark.parametrize(
    "text",
    [
        "",
        'origin = "x"\nunknown = 1\n',
        'origin = "x"\nfile_bytes = 0\n',
        'origin = "x"\nfile_bytes = true\n',
        'origin = "x"\nfile_bytes = "10"\n',
        "origin = 5\n",
        "origin = \n",
    ],
)
def test_settings_of_another_form_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        load(written(tmp_path, text))


def test_a_folder_without_a_vault_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="amparo init"):
        load(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "log.key"
    path.write_bytes(b"secret")
    path.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_secret(path)


def test_any_address_is_answered_until_some_are_named(tmp_path: Path) -> None:
    assert Settings(tmp_path, "x").answers_to("anything.example")
    named = Settings(tmp_path, "x", authorities="vault.example.org, 127.0.0.1:8000")
    assert named.answers_to("VAULT.example.org")
    assert named.answers_to("127.0.0.1:8000")
    assert not named.answers_to("phish.example")
    assert not named.answers_to("vault.example.org:8443")
    assert not named.answers_to("")
