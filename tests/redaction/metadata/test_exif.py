"""Exif blocks: what stays, what goes, and what becomes of blocks that contradict themselves."""

from struct import pack
from typing import Any

import exifread
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from redaction.blanking import blank
from redaction.containers.formats import descend
from redaction.disjoint import disjoint
from redaction.finding import Finding
from redaction.metadata import exif
from redaction.reader import BytesReader
from redaction.walk import Walk
from tests.redaction.containers.photos import photo, segment
from tests.redaction.metadata import tiffs
from tests.redaction.metadata.tiffs import ASCII, BYTE, LONG, RATIONAL, SHORT, UNDEFINED, block, position, rationals

_ORDERS = pytest.mark.parametrize("order", ["<", ">"])
_SECRET = b"+48.858222+002.294500/"


def _findings(data: bytes) -> tuple[Finding, ...]:
    return disjoint(exif.find(BytesReader(data), Walk(descend), "exif"))


def _redacted(data: bytes) -> bytes:
    redacted = b"".join(blank([data], _findings(data)))
    assert len(redacted) == len(data)
    return redacted


def _short(order: str, value: int) -> bytes:
    return pack(order + "H", value)


def _exif(data: bytes) -> Image.Exif:
    read = Image.Exif()
    read.load(b"Exif\0\0" + data)
    return read


def _usual(order: str) -> dict[str, Any]:
    return {
        "main": [
            (0x010F, ASCII, b"Maker\0"),
            (0x0110, ASCII, b"Model 7\0"),
            (0x0112, SHORT, _short(order, 6)),
            (0x0131, ASCII, b"build 1234\0"),
            (0x0132, ASCII, b"2024:05:06 07:08:09\0"),
        ],
        "exif": [
            (0x829A, RATIONAL, rationals(order, 1, 125)),
            (0x9003, ASCII, b"2024:05:06 07:08:09\0"),
            (0x9011, ASCII, b"+02:00\0"),
            (0x927C, UNDEFINED, b"Vendor" + _SECRET),
            (0x9286, UNDEFINED, b"ASCII\0\0\0" + _SECRET),
            (0xA431, ASCII, b"SN-12345678\0"),
        ],
        "gps": position(order),
    }


@_ORDERS
class TestUsualBlock:
    def test_what_a_court_asks_for_stays(self, order: str) -> None:
        read = _exif(_redacted(block(order, **_usual(order))))
        assert (read[0x010F], read[0x0110], read[0x0112]) == ("Maker", "Model 7", 6)
        assert read[0x0132] == "2024:05:06 07:08:09"
        inner = read.get_ifd(0x8769)
        assert inner[0x9003] == "2024:05:06 07:08:09"
        assert inner[0x829A] == 1 / 125

    def test_the_gps_directory_holds_only_its_version(self, order: str) -> None:
        data = block(order, **_usual(order))
        redacted = _redacted(data)
        assert dict(_exif(redacted).get_ifd(0x8825)) == {0: bytes([2, 3, 0, 0])}
        for _, _, value in position(order):
            assert len(value) <= 4 or value not in redacted

    def test_texts_serials_and_zone_are_gone(self, order: str) -> None:
        redacted = _redacted(block(order, **_usual(order)))
        for gone in (_SECRET, b"SN-123", b"build", b"+02:00", b"Vendor"):
            assert gone not in redacted
        assert b"ASCII\0\0\0" in redacted

    def test_each_place_is_named(self, order: str) -> None:
        names = {finding.what for finding in _findings(block(order, **_usual(order)))}
        assert {f"exif/{n}" for n in ("gps", "software", "offset-time", "makernote", "user-comment", "serial")} <= names

    def test_bytes_that_nothing_points_to_are_zeroed(self, order: str) -> None:
        orphan = tiffs.directory(order, 0, position(order))
        redacted = _redacted(block(order, **_usual(order)) + orphan)
        assert redacted.endswith(bytes(len(orphan)))

    def test_redacting_twice_changes_nothing_more(self, order: str) -> None:
        once = _redacted(block(order, **_usual(order)))
        assert _redacted(once) == once

    @pytest.mark.parametrize(
        "date", [b"2024:05:06 07:08:09+02:00\0", b"2024-05-06T07:08:09Z\0", b"Paris, 2024-05-06\0"]
    )
    def test_a_date_that_tells_more_than_a_time_goes(self, order: str, date: bytes) -> None:
        assert date[:-1] not in _redacted(block(order, [(0x0132, ASCII, date)]))

    @pytest.mark.parametrize(
        "entry",
        [
            (0xBEEF, ASCII, _SECRET),
            (0xBEEF, BYTE, b"4852"),
            (0x010F, UNDEFINED, _SECRET),
            (0x0110, ASCII, b"x" * 43 + _SECRET),
            (0x829A, UNDEFINED, _SECRET),
            (0x9C9B, BYTE, _SECRET.decode().encode("utf-16-le")),
            (0x010E, tiffs.ASCII, _SECRET),
            (0x010E, 129, _SECRET),
            (0x02BC, BYTE, b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + _SECRET + b"</x:xmpmeta>"),
            (0x83BB, UNDEFINED, b"\x1c\x02\x5a\0\x16" + _SECRET),
            (0x83BB, LONG, (b"\x1c\x02\x5a\0\x16" + _SECRET).ljust(28, b"\0")),
            (0x8773, UNDEFINED, _SECRET * 8),
        ],
        ids=lambda entry: f"{entry[0]:04x}-{entry[1]}",
    )
    def test_what_is_not_known_to_be_harmless_goes(self, order: str, entry: tuple[int, int, bytes]) -> None:
        redacted = _redacted(block(order, [(0x0112, SHORT, _short(order, 8)), entry]))
        assert entry[2] not in redacted
        assert _SECRET not in redacted
        assert _exif(redacted)[0x0112] == 8


@_ORDERS
class TestPointers:
    @pytest.mark.parametrize("kind", ["exif", "sub", "ifd1"])
    def test_a_gps_directory_is_found_wherever_it_hangs(self, order: str, kind: str) -> None:
        main = [(0x0112, SHORT, _short(order, 1))]
        at = len(block(order, main, **{kind: [(0x8825, LONG, bytes(4))]}))
        gps = tiffs.directory(order, at, position(order))
        data = block(order, main, **{kind: [(0x8825, LONG, pack(order + "I", at))]}) + gps
        redacted = _redacted(data)
        assert redacted[at + 14 :] == bytes(len(gps) - 14)

    @pytest.mark.parametrize("at", [0, 4, 8, 14, 0x7FFFFFFF, 0xFFFFFFFF])
    def test_a_gps_pointer_to_nowhere_or_onto_structure_is_harmless(self, order: str, at: int) -> None:
        entries = [(0x0112, SHORT, _short(order, 3)), (0x8825, LONG, pack(order + "I", at)), (0x010E, ASCII, _SECRET)]
        redacted = _redacted(block(order, entries))
        assert _SECRET not in redacted
        assert _exif(redacted)[0x0112] == 3

    def test_a_directory_chained_behind_a_directory_of_another_kind_is_blanked(self, order: str) -> None:
        size = len(block(order, [], exif=[(0x829A, SHORT, _short(order, 1))]))
        data = bytearray(block(order, [], exif=[(0x829A, SHORT, _short(order, 1))]))
        data[-4:] = pack(order + "I", size)
        hidden = tiffs.directory(order, size, [(0x010F, ASCII, b"Maker\0"), (0x8825, LONG, bytes(4))])
        redacted = _redacted(bytes(data) + hidden)
        assert not any(redacted[size - 4 :])

    def test_directories_that_follow_each_other_in_a_circle_end(self, order: str) -> None:
        data = bytearray(block(order, [(0x0112, SHORT, _short(order, 3))]))
        data[8 + 14 : 8 + 18] = pack(order + "I", 8)
        assert _exif(_redacted(bytes(data)))[0x0112] == 3

    def test_a_value_shared_by_a_kept_and_a_withheld_tag_goes(self, order: str) -> None:
        date = b"2024:05:06 07:08:09\0"
        data = block(order, [(0x0112, SHORT, _short(order, 3)), (0x0132, ASCII, date), (0x013B, ASCII, date)])
        second = data.rindex(date)
        shared = bytearray(data)
        at = 8 + 2 + 2 * 12 + 8
        shared[at : at + 4] = pack(order + "I", second - len(date))
        assert date not in _redacted(bytes(shared))

    def test_a_withheld_value_on_structure_leaves_only_the_orientation(self, order: str) -> None:
        data = bytearray(block(order, [(0x0112, SHORT, _short(order, 6)), (0x010E, ASCII, b"x" * 30)]))
        data[8 + 2 + 12 + 8 : 8 + 2 + 12 + 12] = pack(order + "I", 8)
        redacted = _redacted(bytes(data))
        assert dict(_exif(redacted)) == {0x0112: 6}
        assert not any(redacted[26:])

    def test_an_entry_of_a_type_that_nobody_knows_goes_whole(self, order: str) -> None:
        data = bytearray(block(order, [(0x0112, SHORT, _short(order, 6)), (0x010E, ASCII, b"abc\0")]))
        data[8 + 2 + 12 : 8 + 2 + 24] = b"Rue de Rivol"
        redacted = _redacted(bytes(data))
        assert b"Rue" not in redacted
        assert _exif(redacted)[0x0112] == 6

    def test_text_that_is_pointed_to_as_a_directory_is_blanked(self, order: str) -> None:
        text = b"\0\1" if order == ">" else b"\1\0"
        text += b"48.858222, 2.294500, third floor"
        without = block(order, [(tiffs.EXIF, LONG, bytes(4))])
        data = block(order, [(tiffs.EXIF, LONG, pack(order + "I", len(without)))]) + text
        assert b"858222" not in _redacted(data)


@pytest.mark.parametrize("head", [b"", b"II", b"II*\0", b"MM\0*\0\0\0\1", b"II+\0\x08\0\0\0", b"IIRO\x08\0\0\0"])
def test_what_is_no_classic_tiff_is_blanked_whole(head: bytes) -> None:
    data = head + _SECRET
    assert not any(_redacted(data))


def test_another_reader_finds_nothing_either(tmp_path: Any) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo(segment(0xE1, b"Exif\0\0" + _redacted(block("<", **_usual("<"))))))
    with path.open("rb") as file:
        tags = exifread.process_file(file)
    assert {name for name in tags if name.startswith("GPS ")} == {"GPS GPSVersionID"}
    assert tags["Image Orientation"].values == [6]


@given(st.data())
def test_a_damaged_block_ends_and_keeps_its_length(data: st.DataObject) -> None:
    order = data.draw(st.sampled_from("<>"))
    whole = bytearray(
        block(order, **_usual(order), ifd1=[(0x0201, LONG, pack(order + "I", 8)), (0x0202, LONG, bytes(4))])
    )
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(whole) - 4))
        number = data.draw(
            st.sampled_from([0, 1, 8, 10, 26, at, len(whole) - 2, 0x7FFFFFFF, 0xFFFFFFFF, 0x8825, 0x8769])
        )
        whole[at : at + 4] = pack(order + "I", number)
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    once = _redacted(cut)
    assert b"858222" not in once
    assert b"858222" not in _redacted(once)
