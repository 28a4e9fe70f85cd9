"""Our bags are BagIt 1.0 bags for the Library of Congress' own program, and ours refuses what the RFC does."""

import hashlib
from pathlib import Path

import bagit  # type: ignore[import-untyped]  # it has no stubs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import bag
from evidence.errors import BagError

FILES = {"data/E01/media.age": b"media", "data/case.json.age": b"", "README.txt": b"read me"}


def bagged(files: dict[str, bytes]) -> dict[str, bytes]:
    """A whole bag."""
    payload = {path: bag.digest(data) for path, data in files.items() if path.startswith("data/")}
    tags = {path: data for path, data in files.items() if path not in payload}
    tags[bag.DECLARATION_FILE] = bag.DECLARATION
    tags[bag.INFO] = bag.info([("Bagging-Date", "2031-01-01"), ("Payload-Oxum", "5.2")])
    tags[bag.PAYLOAD_MANIFEST] = bag.manifest(payload)
    tags[bag.TAG_MANIFEST] = bag.manifest({path: bag.digest(data) for path, data in tags.items()})
    return {**{path: files[path] for path in payload}, **tags}


def faults(files: dict[str, bytes]) -> list[str]:
    hashes = {path: bag.digest(data) for path, data in files.items()}
    return bag.check(hashes, files[bag.PAYLOAD_MANIFEST], files[bag.TAG_MANIFEST])


def write(files: dict[str, bytes], folder: Path) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def test_the_bagit_program_finds_our_bag_valid(tmp_path: Path) -> None:
    write(bagged(FILES), tmp_path)
    assert bagit.Bag(str(tmp_path)).validate()


def test_the_bagit_program_and_we_find_the_same_changes(tmp_path: Path) -> None:
    for path in bagged(FILES):
        files = bagged(FILES)
        files[path] += b"x"
        write(files, tmp_path)
        if path == bag.TAG_MANIFEST:
            continue  # nothing vouches for it
        with pytest.raises((bagit.BagError, ValueError)):
            bagit.Bag(str(tmp_path)).validate()
        try:
            found = faults(files)
        except BagError:
            found = [path]
        assert path in found
        write(bagged(FILES), tmp_path)


def test_a_whole_bag_has_no_faults() -> None:
    assert faults(bagged(FILES)) == []


def test_a_missing_or_unlisted_file_is_a_fault() -> None:
    for path in FILES:
        files = bagged(FILES)
        files.pop(path)
        assert faults(files) == [path]
    assert faults({**bagged(FILES), "data/more": b""}) == ["data/more"]
    assert faults({**bagged(FILES), "more": b""}) == ["more"]


def test_a_file_in_the_wrong_manifest_is_a_fault() -> None:
    files = bagged(FILES)
    everything = {path: bag.digest(data) for path, data in files.items() if path != bag.TAG_MANIFEST}
    assert bag.check(everything, bag.manifest(everything), bag.manifest({}))
    assert bag.check(everything, bag.manifest({}), bag.manifest(everything))


@given(
    hashes=st.dictionaries(st.from_regex(r"[A-Za-z0-9._/-]{1,20}", fullmatch=True), st.binary(min_size=32, max_size=32))
)
def test_a_manifest_is_read_back(hashes: dict[str, bytes]) -> None:
    assert bag.parse_manifest(bag.manifest(hashes)) == hashes


HASH = hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    "line",
    [
        f"{HASH}  data/a",
        f"{HASH} data/a\n",
        f"{HASH.upper()}  data/a\n",
        f"{HASH[:-1]}  data/a\n",
        f"{HASH}  data/a b\n",
        f"{HASH}  \n",
        f"{HASH}  data/a\r\n",
        f"{HASH}  data/ä\n",
        f"{HASH}  data/a\n{HASH}  data/a\n",
        "\n",
    ],
)
def test_another_spelling_of_a_manifest_is_refused(line: str) -> None:
    with pytest.raises(BagError):
        bag.parse_manifest(line.encode())
