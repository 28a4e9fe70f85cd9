"""A vault's settings are refused unless every member is known and right; a secret that others may read is refused."""

from pathlib import Path

import pytest

from vault.errors import SettingsError
from vault.settings import FILE, Settings, load, read_secret


def test_settings_are_read_back(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "vault.invalid/log", organisation="Casa Amparo", file_bytes=5)
    settings.write()
    assert load(tmp_path) == settings


def test_settings_are_not_overwritten(tmp_path: Path) -> None:
    Settings(tmp_path, "vault.invalid/log").write()
    with pytest.raises(FileExistsError):
        Settings(tmp_path, "other.invalid/log").write()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml",
        'origin = "x"\nunknown = 1',
        "origin = 1",
        'origin = "x"\nfile_bytes = "1"',
        'origin = "x"\nfile_bytes = 0',
        'origin = "x"\nfile_bytes = true',
        'origin = "x"\nfile_bytes = 1.5',
        'origin = "x"\norganisation = ["x"]',
        "origin = 'a\"b'",
        'origin = "x"\nfolder = "/"',
        'origin = "x"\nleave_url = "http://a.example/"',
        'origin = "x"\nleave_url = "https://user@a.example/"',
        'origin = "x"\nleave_url = "https://a.example/\\nX: y"',
        'origin = "x"\nleave_url = "/receipt"',
    ],
)
def test_other_settings_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(SettingsError):
        load(tmp_path)


def test_a_folder_without_settings_is_no_vault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="amparo init"):
        load(tmp_path)


def test_a_relative_database_lies_in_the_vault(tmp_path: Path) -> None:
    assert Settings(tmp_path, "x").database_url == f"sqlite:///{tmp_path.resolve()}/vault.db"
    elsewhere = Settings(tmp_path, "x", database="sqlite:////elsewhere/vault.db")
    assert elsewhere.database_url == "sqlite:////elsewhere/vault.db"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_secret_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    secret = tmp_path / "log.key"
    secret.write_bytes(b"secret")
    secret.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_secret(secret)
    secret.chmod(0o600)
    assert read_secret(secret) == b"secret"


def test_a_secret_behind_a_link_is_refused(tmp_path: Path) -> None:
    secret, link = tmp_path / "log.key", tmp_path / "link"
    secret.write_bytes(b"secret")
    secret.chmod(0o600)
    link.symlink_to(secret)
    for path in (link, tmp_path / "missing"):
        with pytest.raises(SettingsError):
            read_secret(path)


def test_any_address_is_answered_until_some_are_named(tmp_path: Path) -> None:
    assert Settings(tmp_path, "x").answers_to("anything.example")
    named = Settings(tmp_path, "x", authorities="vault.example.org, 127.0.0.1:8000")
    assert named.answers_to("VAULT.example.org")
    assert named.answers_to("127.0.0.1:8000")
    assert not named.answers_to("phish.example")
    assert not named.answers_to("vault.example.org:8443")
    assert not named.answers_to("")
