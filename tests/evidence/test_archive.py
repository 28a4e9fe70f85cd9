"""One list of files gives one ZIP, which stock tools read; any other ZIP is refused."""

import io
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.archive import Entry, Piece, layout, parse, total_size
from evidence.errors import ArchiveError
from tests.oracles.require import tool
from tests.promises.forging import Memory

NAMES: Final = st.from_regex(r"[A-Za-z0-9_-]{1,9}(/[A-Za-z0-9_-]{1,9}){0,2}", fullmatch=True)
FILES: Final = st.dictionaries(NAMES, st.binary(max_size=200), max_size=8)
FOUR_GIB: Final = 1 << 32
EXAMPLE: Final = {"bag/bagit.txt": b"BagIt", "bag/data/E01/media.age": bytes(range(256)), "bag/empty": b""}


def zipped(files: dict[str, bytes]) -> bytes:
    entries = [Entry(name, len(data), zlib.crc32(data)) for name, data in files.items()]
    return b"".join(piece.data if piece.entry is None else files[piece.entry.name] for piece in layout(entries))


class Sparse:
    """An archive whose contents are all zeros, of any length, without holding them."""

    def __init__(self, pieces: list[Piece]) -> None:
        self._pieces = pieces
        self.size = total_size(pieces)

    def read(self, offset: int, length: int) -> bytes:
        found = b""
        end = min(offset + length, self.size)
        for piece in self._pieces:
            low, high = max(offset, piece.offset), min(end, piece.offset + piece.size)
            if low < high:
                data = piece.data[low - piece.offset : high - piece.offset]
                found += data if piece.entry is None else bytes(high - low)
        return found


@given(files=FILES)
def test_what_is_laid_out_is_parsed_back(files: dict[str, bytes]) -> None:
    windows = parse(Memory(zipped(files)))
    assert {name: b"".join(window.chunks(64)) for name, window in windows.items()} == files
    assert list(windows) == list(files)


@given(files=FILES)
def test_python_reads_it(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(files))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_unzip_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(EXAMPLE))
    assert subprocess.run([tool("unzip"), "-t", path], capture_output=True, check=False).returncode == 0


def test_pieces_follow_each_other_without_a_gap() -> None:
    entries = [Entry("a", 5, 0), Entry("b", FOUR_GIB, 0), Entry("c", 7, 0)]
    position = 0
    for piece in layout(entries):
        assert piece.offset == position
        position += piece.size


@pytest.mark.parametrize("size", [FOUR_GIB - 2, FOUR_GIB - 1, FOUR_GIB, FOUR_GIB + 1, 5 * FOUR_GIB])
def test_files_and_archives_beyond_four_gib_are_parsed_back(size: int) -> None:
    source = Sparse(layout([Entry("a", 10, 1), Entry("large", size, 2), Entry("z", 3, 3)]))
    assert {name: window.size for name, window in parse(source).items()} == {"a": 10, "large": size, "z": 3}


def test_every_flipped_structural_byte_is_refused() -> None:
    data = zipped(EXAMPLE)
    structure = {
        at
        for piece in layout([Entry(name, len(content), zlib.crc32(content)) for name, content in EXAMPLE.items()])
        if piece.entry is None
        for at in range(piece.offset, piece.offset + piece.size)
    }
    crcs = 0
    for at in structure:
        for bit in (1, 0x80):
            changed = bytearray(data)
            changed[at] ^= bit
            with pytest.raises(ArchiveError):
                parse(Memory(bytes(changed)))
            crcs += 1
    assert crcs == 2 * len(structure)


@given(files=FILES, cut=st.integers(1, 50))
def test_a_shortened_or_lengthened_archive_is_refused(files: dict[str, bytes], cut: int) -> None:
    data = zipped(files)
    for changed in (data[:-cut], data + bytes(cut), bytes(cut) + data, data[cut:]):
        with pytest.raises(ArchiveError):
            parse(Memory(changed))


@given(data=st.binary(max_size=300))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        parse(Memory(data))


@settings(max_examples=50)
@given(files=FILES.filter(bool))
def test_an_archive_of_another_writer_is_refused(files: dict[str, bytes]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    with pytest.raises(ArchiveError):
        parse(Memory(buffer.getvalue()))


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "../a", "a/../b", "a//b", ".", "a/.", "..", "a\\b", "a b", "ä", "a\n", "a\0", "x" * 201]
)
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ArchiveError):
        layout([Entry(name, 1, 0)])


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(ArchiveError):
        layout([Entry("a", 1, 0), Entry("a", 1, 0)])


def test_a_window_never_reads_beyond_its_file() -> None:
    window = parse(Memory(zipped(EXAMPLE)))["bag/bagit.txt"]
    assert window.read(0, 10**6) == b"BagIt"
    assert window.read(3, 1) == b"I"
    assert window.read(5, 10) == b""
    assert window.read(9, 10) == b""
