"""TIFF and DNG: what hides between, in and behind the directories goes, the picture stays as it was."""

from io import BytesIO
from pathlib import Path
from struct import pack, pack_into

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from redaction.errors import UnsupportedMedia
from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from redaction.second_reader import second_opinion
from tests.oracles import exiftool
from tests.oracles.require import folder
from tests.paths import CORPUS
from tests.redaction.containers import photos
from tests.redaction.containers.redacting import LONG, SECRET, clean, redacted

COMPLETE = ["generated/dng_ifd0_subifd_gps_xmp.dng", "real/example.tif"]
LONG_TYPE, SHORT, ASCII, BYTE, UNDEFINED = 4, 3, 2, 1, 7


def pixels(data: bytes) -> list[bytes]:
    """Every picture of a file, decoded."""
    with Image.open(BytesIO(data)) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(image.convert("RGBA").tobytes())
        return found


def written(compression: str | None = None, pages: int = 1, size: tuple[int, int] = (48, 32)) -> bytes:
    """A file as Pillow writes it, with text, a position and a serial number."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x010E] = LONG.decode()
    tags[0x0131] = SECRET.decode()
    tags[0x0112] = 6
    images = [Image.effect_noise(size, 60).convert("RGB") for _ in range(pages)]
    buffer = BytesIO()
    images[0].save(buffer, "TIFF", compression=compression, tiffinfo=tags, save_all=pages > 1, append_images=images[1:])
    return buffer.getvalue()


Field = tuple[int, int, int, bytes]


def made(*entries: Field, strip: bytes = b"pixels of it", gap: bytes = b"", tail: bytes = b"") -> bytes:
    """A little-endian file of one strip; `entries` are tag, type, count and value."""
    base = [
        (0x0100, SHORT, 1, pack("<H", 4)),
        (0x0101, SHORT, 1, pack("<H", 3)),
        (0x0111, LONG_TYPE, 1, pack("<I", 8)),
        (0x0117, LONG_TYPE, 1, pack("<I", len(strip))),
    ]
    names = {entry[0] for entry in entries}
    fields = sorted([entry for entry in base if entry[0] not in names] + list(entries))
    first = 8 + len(strip) + len(gap)
    values = first + 2 + 12 * len(fields) + 4
    out = bytearray(b"II*\0" + pack("<I", first) + strip + gap + pack("<H", len(fields)))
    extra = b""
    for tag, kind, count, value in fields:
        inline = value.ljust(4, b"\0") if len(value) <= 4 else pack("<I", values + len(extra))
        out += pack("<HHI", tag, kind, count) + inline
        extra += value if len(value) > 4 else b""
    return bytes(out) + bytes(4) + extra + tail


class TestCorpus:
    @pytest.fixture(params=COMPLETE)
    def original(self, request: pytest.FixtureRequest) -> Path:
        """One complete file of the corpus."""
        return folder(CORPUS) / str(request.param)

    def test_nothing_is_left_and_the_picture_is_as_before(self, original: Path, tmp_path: Path) -> None:
        before = original.read_bytes()
        found, after = redacted(before)
        assert found.outcome is Outcome.CLEAN
        assert pixels(after) == pixels(before)
        (tmp_path / original.name).write_bytes(after)
        shown = exiftool.tags([tmp_path / original.name])[original.name]
        assert exiftool.location(shown) == {}
        assert [name for name, value in shown.items() if "Serial" in name and str(value).strip(" \0")] == []
        kept = exiftool.tags([original])[original.name]
        for name in ("IFD0:Make", "IFD0:Model", "IFD0:Orientation", "ExifIFD:DateTimeOriginal"):
            assert shown.get(name) == kept.get(name)
        assert plan(BytesReader(after)).findings == ()
        assert second_opinion(BytesReader(before), found.findings, BytesReader(after), found.media_type) == ()

    def test_listed_places_are_blank(self) -> None:
        for name in COMPLETE:
            before = (folder(CORPUS) / name).read_bytes()
            after = redacted(before)[1]
            for what, offset, length in photos.listed(name):
                if not what.startswith("Exif GPS IFD"):
                    assert set(after[offset : offset + length]) <= {0, 0x20}, what

    def test_a_raw_photo_that_was_cut_is_left_as_it_is(self) -> None:
        data = (folder(CORPUS) / "real/IMG_1361.dng").read_bytes()
        found, after = redacted(data)
        assert (found.media_type, found.outcome) == ("image/x-adobe-dng", Outcome.UNSTRIPPED)
        assert after == data


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"])
def test_pictures_decode_as_before(compression: str | None) -> None:
    data = written(compression, pages=3, size=(300, 700))
    after = clean(data, SECRET, LONG)
    assert pixels(after) == pixels(data)
    with Image.open(BytesIO(after)) as image:
        assert image.getexif()[0x0112] == 6


class TestPlaces:
    def test_bytes_that_nothing_points_to_are_blanked(self) -> None:
        assert b"pixels of it" in clean(made(gap=SECRET, tail=LONG), SECRET, LONG)

    @pytest.mark.parametrize("tag", [0x010E, 0x927C, 0xC634, 0xC62F, 0xC65D, 0xC68B, 0xC68C, 0x935C, 0x8825, 0x8482])
    def test_texts_numbers_and_unknown_values_are_blanked(self, tag: int) -> None:
        clean(made((tag, UNDEFINED, len(SECRET), SECRET)), SECRET)

    def test_a_position_in_longs_is_blanked(self) -> None:
        clean(made((0x83BB, LONG_TYPE, 5, SECRET[:20])), SECRET[:20])

    def test_image_resources_and_packets_are_searched(self) -> None:
        resource = b"8BIM\x04\x0f\0\0" + pack(">I", len(SECRET)) + SECRET
        packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>' + SECRET + b"</a></x:xmpmeta>"
        clean(made((0x8649, BYTE, len(resource), resource), (0x02BC, BYTE, len(packet), packet)), SECRET)

    def test_a_preview_is_searched_its_picture_stays(self) -> None:
        photo = photos.photo(photos.segment(0xFE, SECRET))
        after = clean(made((0x0103, SHORT, 1, pack("<H", 7)), strip=photo), SECRET)
        assert photos.plain()[2:] in after

    def test_pixels_that_look_like_a_photo_are_pixels(self) -> None:
        assert b"\xff\xd8\xff\xe0white" in clean(made(strip=b"\xff\xd8\xff\xe0white"))

    def test_what_a_decoder_needs_stays(self) -> None:
        matrix = pack("<18i", *range(18))
        opcodes = pack(">IIIIII", 1, 9, 0x01030000, 0, 4, 7)
        data = made((0xC612, BYTE, 4, b"\1\4\0\0"), (0xC621, 10, 9, matrix), (0xC740, UNDEFINED, len(opcodes), opcodes))
        after = clean(data)
        assert after == data
        assert plan(BytesReader(data)).media_type == "image/x-adobe-dng"


class TestRefused:
    @pytest.mark.parametrize(
        "data",
        [
            made((0x0111, LONG_TYPE, 1, pack("<I", 1 << 20))),
            made((0x0117, LONG_TYPE, 1, pack("<I", 1 << 20))),
            made((0x0117, LONG_TYPE, 2, pack("<II", 1, 1))),
            made((0x014A, LONG_TYPE, 1, pack("<I", 1 << 20))),
            made((0x0103, SHORT, 1, pack("<H", 7))),
            made((0x0103, SHORT, 1, pack("<H", 7)), strip=b"\xff\xd8\xff\xe0"),
            made((0x0106, SHORT, 1, pack("<H", 32803))),
            made((0x015B, UNDEFINED, len(SECRET), SECRET)),
            made((0xC740, UNDEFINED, len(SECRET), SECRET)),
            made((0x0201, LONG_TYPE, 1, pack("<I", 8)), (0x0202, LONG_TYPE, 1, pack("<I", 12))),
            b"II*\0\x08\0\0\0\1\0" + pack("<HHII", 0x0100, SHORT, 1, 4) + bytes(4),
        ],
        ids=range(11),
    )
    def test_files_whose_picture_cannot_be_found_or_read(self, data: bytes) -> None:
        found, after = redacted(data)
        assert found.outcome is Outcome.UNSTRIPPED
        assert after == data

    def test_files_that_end_early(self) -> None:
        data = written("tiff_lzw")
        for length in range(8, len(data), 7):
            found, after = redacted(data[:length])
            assert found.outcome is Outcome.UNSTRIPPED
            assert after == data[:length]

    def test_other_raw_formats_are_not_taken_for_it(self) -> None:
        for head in (b"II*\0\x10\0\0\0CR\2\0", b"II+\0\x08\0\0\0", b"IIRO\x08\0\0\0", b"IIU\0\x18\0\0\0"):
            with pytest.raises(UnsupportedMedia):
                plan(BytesReader(head + bytes(64)))

    def test_values_that_share_bytes_with_what_stays(self) -> None:
        packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'
        whole = made((0x010E, UNDEFINED, 40, SECRET.ljust(40)), (0x02BC, BYTE, len(packet), packet))
        at = whole.index(packet)
        for start in (8, at, at + 9, at - 9, int.from_bytes(whole[4:8], "little") + 4):
            entry = whole.index(pack("<HHI", 0x010E, UNDEFINED, 40)) + 8
            data = whole[:entry] + pack("<I", start) + whole[entry + 4 :]
            assert redacted(data)[0].outcome is Outcome.UNSTRIPPED

    def test_loops_end(self) -> None:
        data = bytearray(made())
        pack_into("<I", data, len(data) - 4, int.from_bytes(data[4:8], "little"))
        assert redacted(bytes(data))[0].outcome is Outcome.UNSTRIPPED


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_files_end_in_a_plan_and_never_in_another_error(data: st.DataObject) -> None:
    photo = photos.photo(photos.segment(0xFE, SECRET))
    damaged = bytearray(
        made((0x8825, LONG_TYPE, 1, pack("<I", 8)), (0x0103, SHORT, 1, pack("<H", 7)), strip=photo, tail=LONG)
    )
    edits = st.lists(st.tuples(st.integers(0, len(damaged) - 1), st.binary(min_size=1, max_size=4)), max_size=4)
    for place, value in data.draw(edits):
        damaged[place : place + len(value)] = value
    whole = bytes(damaged[: data.draw(st.integers(0, len(damaged)) | st.just(len(damaged)))])
    try:
        found, after = redacted(whole)
    except UnsupportedMedia:
        return
    assert len(after) == len(whole)
    if found.outcome is Outcome.CLEAN:
        assert redacted(after)[0].outcome is Outcome.CLEAN
