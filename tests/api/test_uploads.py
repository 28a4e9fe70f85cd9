"""Resumable uploads as tus 1.0.0 has them, request by request, against the running service."""

import base64
import hashlib
import socket
import threading
import time
from pathlib import Path
from typing import Final

import pytest

from tests import media
from tests.service import World
from tests.tus import OCTETS, Tus

PHOTO: Final = media.noise(300)
HALF: Final = len(PHOTO) // 2


@pytest.fixture(scope="module")
def tus(world: World) -> Tus:
    return Tus.case_at(world.address)


def checksum(algorithm: str, data: bytes) -> dict[str, str]:
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"}


def code(answer_text: str) -> str:
    return answer_text.partition("urn:amparo:problem:")[2].partition('"')[0]


def staged(world: World) -> list[Path]:
    return [path for path in (world.vault / "store").rglob("staging/*/*") if path.is_file()]


def test_the_service_says_what_it_speaks(tus: Tus) -> None:
    answer = tus.send("OPTIONS", "/uploads", {"Tus-Resumable": ""})
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert set(answer.headers["tus-extension"].split(",")) == {
        *("creation", "creation-with-upload", "creation-defer-length", "checksum", "expiration", "termination")
    }
    assert set(answer.headers["tus-checksum-algorithm"].split(",")) == {"sha1", "sha256"}
    assert int(answer.headers["tus-max-size"]) >= 10 * 2**30


def test_a_file_in_two_parts_becomes_an_exhibit_with_its_hash(world: World) -> None:
    tus = Tus.case_at(world.address, statement="what happened")
    path = tus.begin(len(PHOTO), filename="at-home.jpg", filetype="image/jpeg")
    first = tus.patch(path, 0, PHOTO[:HALF])
    assert (first.status_code, first.headers["upload-offset"]) == (204, str(HALF))
    assert "upload-expires" in first.headers
    assert [(each["offset"], each["length"]) for each in tus.seen()["uploads"]] == [(HALF, len(PHOTO))]
    second = tus.patch(path, HALF, PHOTO[HALF:])
    assert (second.status_code, second.headers["amparo-exhibit"]) == (204, "1")
    seen = tus.seen()
    assert seen["uploads"] == []
    assert [each["sha256"] for each in seen["exhibits"]] == [hashlib.sha256(PHOTO).hexdigest()]
    assert staged(world) == []


def test_an_answer_that_was_lost_is_given_again(tus: Tus) -> None:
    path = tus.begin(len(PHOTO))
    number = tus.patch(path, 0, PHOTO).headers["amparo-exhibit"]
    again = tus.patch(path, len(PHOTO), b"")
    assert (again.status_code, again.headers["amparo-exhibit"]) == (204, number)
    assert tus.head(path).headers["amparo-exhibit"] == number
    assert tus.patch(path, 0, PHOTO).status_code == 409
    assert [each["number"] for each in tus.seen()["exhibits"]].count(int(number)) == 1


def test_creation_with_upload_takes_the_first_bytes_at_once(tus: Tus) -> None:
    answer = tus.create(len(PHOTO), PHOTO[:HALF])
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(HALF))
    whole = tus.create(len(PHOTO), PHOTO)
    assert (whole.status_code, whole.headers["upload-offset"]) == (201, str(len(PHOTO)))
    assert whole.headers["amparo-exhibit"]


def test_the_length_may_come_later_and_once(tus: Tus) -> None:
    path = tus.begin(None, channel="live")
    assert tus.head(path).headers["upload-defer-length"] == "1"
    tus.patch(path, 0, PHOTO[:HALF])
    length = {"Upload-Length": str(len(PHOTO))}
    other = {"Upload-Length": str(len(PHOTO) + 1)}
    assert tus.patch(path, HALF, PHOTO[HALF:-1], length).status_code == 204
    assert tus.patch(path, len(PHOTO) - 1, PHOTO[-1:], other).status_code == 400
    assert tus.patch(path, len(PHOTO) - 1, PHOTO[-1:], length).headers["amparo-exhibit"]


def test_the_length_alone_completes(tus: Tus) -> None:
    path = tus.begin(None)
    tus.patch(path, 0, PHOTO)
    assert tus.patch(path, len(PHOTO), b"", {"Upload-Length": "1"}).status_code == 409
    assert tus.patch(path, len(PHOTO), b"", {"Upload-Length": str(len(PHOTO))}).headers["amparo-exhibit"]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_wrong_checksum_keeps_the_old_offset(tus: Tus, algorithm: str) -> None:
    path = tus.begin(len(PHOTO))
    tus.patch(path, 0, PHOTO[:HALF], checksum(algorithm, PHOTO[:HALF]))
    refused = tus.patch(path, HALF, PHOTO[HALF:], checksum(algorithm, PHOTO[:HALF]))
    assert (refused.status_code, code(refused.text)) == (460, "checksum-differs")
    assert tus.offset(path) == HALF
    done = tus.patch(path, HALF, PHOTO[HALF:], checksum(algorithm, PHOTO[HALF:]))
    assert done.headers["amparo-exhibit"]
    assert tus.seen()["exhibits"][-1]["sha256"] == hashlib.sha256(PHOTO).hexdigest()


@pytest.mark.parametrize("value", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1", "sha1 !", "sha1 AAAA", ""])
def test_a_checksum_that_cannot_be_checked_is_refused(tus: Tus, value: str) -> None:
    path = tus.begin(len(PHOTO))
    assert tus.patch(path, 0, PHOTO, {"Upload-Checksum": value}).status_code == 400
    assert tus.offset(path) == 0


def test_a_stale_offset_changes_nothing(tus: Tus) -> None:
    path = tus.begin(len(PHOTO))
    tus.patch(path, 0, PHOTO[:HALF])
    for stale in (0, HALF - 1, HALF + 1, len(PHOTO)):
        answer = tus.patch(path, stale, PHOTO[:100])
        assert (answer.status_code, code(answer.text)) == (409, "offset-differs")
    assert tus.offset(path) == HALF


def test_termination_leaves_nothing(world: World) -> None:
    tus = Tus.case_at(world.address)
    path = tus.begin(len(PHOTO))
    tus.patch(path, 0, PHOTO[:HALF])
    assert tus.send("DELETE", path).status_code == 204
    assert {tus.send(method, path).status_code for method in ("HEAD", "DELETE")} == {410}
    assert tus.patch(path, HALF, PHOTO[HALF:]).status_code == 410
    assert tus.seen()["uploads"] == tus.seen()["exhibits"] == []


def test_an_exhibit_is_not_terminated(tus: Tus) -> None:
    path = tus.begin(len(PHOTO))
    tus.patch(path, 0, PHOTO)
    before = tus.seen()
    assert tus.send("DELETE", path).status_code == 410
    assert tus.seen() == before


def test_the_method_may_stand_in_a_header(tus: Tus) -> None:
    path = tus.begin(len(PHOTO))
    headers = {"X-HTTP-Method-Override": "PATCH", "Content-Type": OCTETS, "Upload-Offset": "0"}
    assert tus.send("POST", path, headers, PHOTO[:HALF]).status_code == 204
    assert tus.send("POST", path, {"X-HTTP-Method-Override": "HEAD"}).headers["upload-offset"] == str(HALF)
    assert tus.send("POST", path, {"X-HTTP-Method-Override": "PUT"}).status_code == 405
    assert tus.send("POST", path).status_code == 405
    assert tus.send("POST", path, {"X-HTTP-Method-Override": "delete"}).status_code == 204


@pytest.mark.parametrize("version", ["", "0.2.2", "1.0.1"])
def test_another_version_is_refused_and_does_nothing(tus: Tus, version: str) -> None:
    path, headers = tus.begin(len(PHOTO)), {"Tus-Resumable": version}
    for answer in (
        tus.send("HEAD", path, headers),
        tus.send("DELETE", path, headers),
        tus.patch(path, 0, PHOTO, headers),
        tus.send("POST", "/uploads", {**headers, "Upload-Length": "5"}),
    ):
        assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")
    assert tus.offset(path) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "1e3"}, 400),
        ({"Upload-Length": "007"}, 400),
        ({"Upload-Length": str(2**63)}, 400),
        ({"Upload-Length": str(2**40)}, 413),
        ({"Upload-Defer-Length": "0"}, 400),
        ({"Upload-Defer-Length": "1", "Upload-Length": "5"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "a b,a b"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "a !"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "a " + "A" * 9000}, 400),
    ],
)
def test_a_malformed_creation_is_refused(tus: Tus, headers: dict[str, str], status: int) -> None:
    assert tus.send("POST", "/uploads", headers).status_code == status


def test_more_bytes_than_were_announced_are_refused(tus: Tus) -> None:
    path = tus.begin(HALF)
    assert tus.patch(path, 0, PHOTO).status_code == 413
    assert tus.patch(path, 0, iter([PHOTO])).status_code == 413
    assert tus.offset(path) == 0


def test_a_file_of_another_kind_is_refused_at_its_first_bytes(tus: Tus) -> None:
    path = tus.begin(2**20)
    answer = tus.patch(path, 0, b"plain words " * 100)
    assert (answer.status_code, code(answer.text)) == (415, "unsupported-media")
    assert tus.head(path).status_code == 410
    small = tus.begin(5)
    assert tus.patch(small, 0, b"words").status_code == 415
    assert tus.head(small).status_code == 410
    assert tus.create(0).status_code == 415


def test_another_content_type_is_refused(tus: Tus) -> None:
    path = tus.begin(len(PHOTO))
    answer = tus.send("PATCH", path, {"Content-Type": "image/jpeg", "Upload-Offset": "0"}, PHOTO)
    assert (answer.status_code, tus.offset(path)) == (415, 0)


def test_the_address_of_an_upload_is_of_no_use_without_its_receipt(world: World, tus: Tus) -> None:
    path = tus.begin(len(PHOTO))
    other = Tus(world.address, Tus.case_at(world.address).receipt)
    for stranger in (other, Tus(world.address, "0000000000000000")):
        assert stranger.head(path).status_code == 404
        assert code(stranger.patch(path, 0, PHOTO).text) == "unknown-receipt"
        assert stranger.send("DELETE", path).status_code == 404
    for wrong in ("A" * 43, path[9:-1], path[9:] + "A", "%2e%2e", "é"):
        assert tus.head("/uploads/" + wrong).status_code == 404
    assert tus.offset(path) == 0


def test_a_choice_to_keep_the_place_holds_for_the_uploads_of_the_case(world: World) -> None:
    for case in (Tus.case_at(world.address, keep_place=True), Tus.case_at(world.address)):
        kept = case.uploads != "/uploads"
        photo = media.real("test_exif.jpg")
        case.patch(case.begin(len(photo)), 0, photo)
        asked = Tus.case_at(world.address)
        asked.patch(asked.begin(len(photo), keep_place="1"), 0, photo)
        held = {path.name for each in (case, asked) for path in _exhibit_files(world, each)}
        assert "withheld.age" in held
        assert ("withheld.age" in {path.name for path in _exhibit_files(world, case)}) == kept


def _exhibit_files(world: World, case: Tus) -> list[Path]:
    folders = [world.vault / "store" / "exhibits" / each["exhibit"] for each in case.seen()["exhibits"]]
    return [path for folder in folders for path in folder.iterdir()]


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"statement": 5}', b'{"keep_place": "yes"}', b'{"more": 1}', b'{"statement": "\\ud800"}']
)
def test_a_malformed_case_is_refused(tus: Tus, body: bytes) -> None:
    assert tus.send("POST", "/api/cases", content=body).status_code == 400


def _half_open(tus: Tus, path: str, offset: int, data: bytes) -> socket.socket:
    """A connection on which more is announced than comes, as from a phone that lost its network."""
    host, port = tus.address.removeprefix("http://").split(":")
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: {host}:{port}\r\nTus-Resumable: 1.0.0\r\nContent-Type: {OCTETS}\r\n"
        f"Authorization: Receipt {tus.receipt}\r\nUpload-Offset: {offset}\r\nContent-Length: {len(PHOTO) - offset}\r\n"
    )
    connection = socket.create_connection((host, int(port)))
    connection.sendall(f"{head}\r\n".encode() + data)
    return connection


def test_what_arrived_before_a_connection_broke_is_kept(tus: Tus) -> None:
    path = tus.begin(len(PHOTO))
    _half_open(tus, path, 0, PHOTO[:HALF]).close()
    deadline = time.monotonic() + 20
    while tus.offset(path) < HALF and time.monotonic() < deadline:
        time.sleep(0.1)
    assert tus.offset(path) == HALF


def test_a_connection_that_hangs_does_not_block_who_comes_back(tus: Tus) -> None:
    path = tus.begin(len(PHOTO))
    with _half_open(tus, path, 0, PHOTO[:HALF]):
        deadline = time.monotonic() + 20
        while tus.offset(path) < HALF and time.monotonic() < deadline:
            time.sleep(0.1)
        assert tus.patch(path, HALF, PHOTO[HALF:]).headers["amparo-exhibit"]
    assert tus.seen()["exhibits"][-1]["sha256"] == hashlib.sha256(PHOTO).hexdigest()


def test_of_two_requests_at_once_one_goes_on_and_nothing_is_lost(tus: Tus) -> None:
    path, answers = tus.begin(len(PHOTO)), list[int]()

    def slowly() -> None:
        def body() -> "list[bytes]":
            return [PHOTO[at : at + 4096] for at in range(0, len(PHOTO), 4096)]

        def paced() -> "object":
            for piece in body():
                time.sleep(0.02)
                yield piece

        answers.append(tus.patch(path, 0, paced()).status_code)  # type: ignore[arg-type] # a generator, as httpx takes it

    threads = [threading.Thread(target=slowly) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {204, 409, 423}
    offset = tus.offset(path)
    if offset < len(PHOTO):
        assert tus.patch(path, offset, PHOTO[offset:]).status_code == 204
    assert tus.seen()["exhibits"][-1]["sha256"] == hashlib.sha256(PHOTO).hexdigest()


def test_uploads_of_one_case_at_the_same_time_all_arrive(world: World) -> None:
    tus, photos = Tus.case_at(world.address), [media.noise(100 + number) for number in range(6)]

    def send(photo: bytes) -> None:
        path = tus.begin(len(photo))
        for at in range(0, len(photo), 20_000):
            tus.patch(path, at, photo[at : at + 20_000])

    threads = [threading.Thread(target=send, args=(photo,)) for photo in photos]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    exhibits = tus.seen()["exhibits"]
    assert [each["number"] for each in exhibits] == list(range(1, 7))
    assert {each["sha256"] for each in exhibits} == {hashlib.sha256(photo).hexdigest() for photo in photos}


def test_withdrawing_a_case_ends_its_uploads(world: World) -> None:
    tus = Tus.case_at(world.address)
    path = tus.begin(len(PHOTO))
    tus.patch(path, 0, PHOTO[:HALF])
    before = set(staged(world))
    assert tus.send("POST", "/api/receipt/withdraw", {"Content-Type": "application/json"}, b"{}").status_code == 200
    assert len(before - set(staged(world))) >= 3
    assert tus.head(path).status_code == 410
    assert tus.create(5).status_code == 410
