"""The bucket's policy and its lock do what deploy/s3 says, on a real Ceph: every role works, and may do no more."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
from minio import Minio
from minio.error import S3Error

from tests import media
from tests.faults.deeds import seen_with
from tests.faults.looking import require_kept
from tests.oracles.ceph import Gateway
from tests.paths import ROOT
from tests.places import with_credentials
from tests.service import JSON, World
from tests.tus import Tus
from vault.rebuild import rebuild
from vault.store.protocol import MIB

pytestmark = [pytest.mark.slow, pytest.mark.ceph]
POLICY: Final = ROOT / "deploy" / "s3" / "bucket-policy.json"
LOCKED: Final = "locked-evidence"


@dataclass(frozen=True)
class Roles:
    """The users of the policy, and who owns the bucket."""

    owner: Gateway
    intake: Gateway
    desk: Gateway
    backup: Gateway


@pytest.fixture(scope="module")
def roles(ceph: Gateway) -> Roles:
    """A bucket with object lock and the policy."""
    users = [ceph.new_user(f"amparo-{role}") for role in ("intake", "desk", "backup")]
    owner = ceph.client()
    owner.make_bucket(LOCKED, object_lock=True)
    owner.set_bucket_policy(LOCKED, POLICY.read_text().replace("BUCKET", LOCKED))
    return Roles(ceph, *users)


@pytest.fixture(scope="module")
def world(roles: Roles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A vault in that bucket, made with the desk's keys; its service is stopped."""
    with with_credentials(roles.desk):
        world = World.make(tmp_path_factory.mktemp("world"), store=f"{roles.desk.url(bucket=LOCKED)}&lock_days=1")
    yield world
    world.service.kill()


@contextlib.contextmanager
def serving(world: World, who: Gateway) -> Iterator[None]:
    """The service with the keys of a role."""
    with with_credentials(who):
        world.service.start()
        try:
            yield
        finally:
            world.service.stop()


def denied(client: Minio, key: str, *, delete: bool = False, version: str | None = None) -> bool:
    """Whether reading (or deleting) an object is refused."""
    try:
        if delete:
            client.remove_object(LOCKED, key, version_id=version)
        else:
            client.get_object(LOCKED, key).release_conn()
    except S3Error as error:
        return error.code == "AccessDenied"
    return False


def test_intake_takes_in_and_withdraws_but_reads_no_exhibit(world: World, roles: Roles) -> None:
    with serving(world, roles.intake):
        sent = world.report([("a.jpg", media.noise()), ("b.jpg", media.noise())], "what happened", keep_place=True)
        tus, film = Tus.case_at(world.address), media.noise(16) + bytes(9 * MIB)
        path = tus.begin(len(film))
        assert tus.patch(path, 0, film[: 5 * MIB]).status_code == 204
        assert tus.patch(path, 5 * MIB, film[5 * MIB :]).headers["amparo-exhibit"] == "1"
        assert seen_with(world, sent["receipt"])["exhibits"] == sent["exhibits"]
        headers = {**JSON, "Authorization": f"Receipt {sent['receipt']}"}
        url = world.address + "/api/receipt/withdraw"
        answer = httpx.post(url, json={"exhibits": [1]}, headers=headers, trust_env=False, timeout=60)
        assert answer.status_code == 200, answer.text
    client = roles.intake.client()
    names = {str(found.object_name) for found in client.list_objects(LOCKED, "exhibits/", recursive=True)}
    assert sum(name.endswith("/media.header") for name in names) == 2
    assert all(denied(client, name) for name in names)


def test_desk_releases_and_checks_what_intake_took_in(world: World, roles: Roles, tmp_path: Path) -> None:
    with serving(world, roles.desk):
        world.enrol(world.partner, "partner")
        world.enrol(world.auditor, "auditor")
        case = world.report([("a.jpg", media.noise())], "to be released")
        world.release(case["case"], tmp_path / "bundle.zip")
        assert world.open(tmp_path / "bundle.zip", tmp_path / "out").code == 0
        require_kept(world, [case])


def test_backup_reads_everything_and_writes_nothing(world: World, roles: Roles) -> None:  # noqa: ARG001 -- it fills the bucket
    client = roles.backup.client()
    names = [str(found.object_name) for found in client.list_objects(LOCKED, recursive=True)]
    assert names
    assert not any(denied(client, name) for name in names)
    assert denied(client, names[0], delete=True)
    with pytest.raises(S3Error):
        client.put_object(LOCKED, "log/checkpoint", io.BytesIO(b"x"), 1)


def test_nobody_deletes_payloads_or_takes_back_the_log(world: World, roles: Roles) -> None:  # noqa: ARG001 -- as above
    for who in (roles.intake, roles.desk, roles.owner):
        client, payloads = who.client(), 0
        for found in client.list_objects(LOCKED, recursive=True, include_version=True):
            name = str(found.object_name)
            if name.endswith("/media.payload"):
                payloads += 1
                assert denied(client, name, delete=True, version=found.version_id)
            elif name == "log/checkpoint" and who is not roles.owner:
                assert denied(client, name, delete=True, version=found.version_id)
        assert payloads >= 3


def test_a_vault_is_rebuilt_after_somebody_hid_everything(world: World, roles: Roles) -> None:
    # Without the right to delete versions, deleting leaves a marker, under which everything still lies.
    owner = roles.owner.client()
    hidden = [str(found.object_name) for found in owner.list_objects(LOCKED, "exhibits/", recursive=True)]
    payloads = [name for name in hidden if name.endswith(".payload")]
    for name in payloads:
        owner.remove_object(LOCKED, name)
    for found in owner.list_objects(LOCKED, "exhibits/", recursive=True, include_version=True):
        if found.is_delete_marker:
            owner.remove_object(LOCKED, str(found.object_name), version_id=found.version_id)
    with with_credentials(roles.desk):
        assert rebuild(world.vault, credentials=(roles.desk.access_key, roles.desk.secret_key)).exhibits >= 3
    with serving(world, roles.desk):
        require_kept(world, [])
