import stat
from pathlib import Path

import pytest

from evidence.errors import DocumentError
from evidence.event import Event, EventType
from tests.vault.making import new_vault, person, running
from vault.errors import SettingsError
from vault.instance import open_vault
from vault.sequencer import stored_events
from vault.setup import TRUST_KEY, NewVault, create, exists


def test_new_vault_begins_its_log_with_its_creation_and_its_custodians(tmp_path: Path) -> None:
    one, two = person("one"), person("two", hybrid=True)
    trust = create(tmp_path / "v", NewVault([one.line, two.line], origin="vault.example/log"))
    with running(tmp_path / "v") as vault:
        assert vault.trust == trust
        events = [Event.parse(body) for body in stored_events(vault.store, 3)]
        assert vault.sequencer.nodes()[0] == 3
    assert [event.type for event in events] == [EventType.VAULT_CREATED, *[EventType.CUSTODIAN_ADDED] * 2]
    assert events[0].detail["log"] == trust.log.vkey
    assert [event.detail["name"] for event in events[1:]] == ["one", "two"]


def test_store_keeps_the_trust_anchor_too(tmp_path: Path) -> None:
    new_vault(tmp_path / "v", person("one"))
    with running(tmp_path / "v") as vault:
        assert vault.store.read(TRUST_KEY) == (tmp_path / "v" / "trust.json").read_bytes()


def test_secrets_are_for_the_owner_only(tmp_path: Path) -> None:
    new_vault(tmp_path / "v", person("one"))
    for path, mode in (("", 0o700), ("log.key", 0o600), ("spool", 0o700), ("store", 0o700)):
        assert stat.S_IMODE((tmp_path / "v" / path).stat().st_mode) == mode
    (tmp_path / "v" / "log.key").chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        open_vault(tmp_path / "v")


def test_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(SettingsError, match="not empty"):
        new_vault(tmp_path, person("one"))
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_two_vaults_have_other_keys_names_and_salts(tmp_path: Path) -> None:
    one = person("one")
    first, second = (create(tmp_path / name, NewVault([one.line])) for name in ("a", "b"))
    assert first.origin != second.origin
    assert first.log.public_key != second.log.public_key
    assert first.receipt_salt != second.receipt_salt


def test_custodian_named_twice_is_refused(tmp_path: Path) -> None:
    one = person("one")
    with pytest.raises(DocumentError):
        create(tmp_path / "v", NewVault([one.line, one.line]))


@pytest.mark.parametrize("quorum", [0, 3])
def test_quorum_that_the_custodians_cannot_meet_is_refused(tmp_path: Path, quorum: int) -> None:
    with pytest.raises(DocumentError, match=r"quorum"):
        create(tmp_path / "v", NewVault([person("one").line, person("two").line], quorum))


def test_missing_store_is_no_empty_store(tmp_path: Path) -> None:
    new_vault(tmp_path / "v", person("one"))
    (tmp_path / "v" / "store").rename(tmp_path / "elsewhere")
    with pytest.raises(Exception, match="ENOENT"):
        open_vault(tmp_path / "v")
    assert not (tmp_path / "v" / "store").exists()


def test_only_a_folder_with_settings_counts_as_a_vault(tmp_path: Path) -> None:
    assert not exists(tmp_path)
    new_vault(tmp_path / "v", person("one"))
    assert exists(tmp_path / "v")
