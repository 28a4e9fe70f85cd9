"""Hiding places of HEIF and AVIF: everything that places or identifies is blanked, pictures stay as they are."""

from io import BytesIO

import pytest
from PIL import Image, ImageSequence

from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from redaction.second_reader import second_opinion
from tests.redaction.containers import photos
from tests.redaction.containers.mp4 import box, full, movie, nal, u16, u32, video
from tests.redaction.containers.redacting import LONG, SECRET, clean, redacted
from tests.redaction.containers.stills import (
    EXIF,
    HIDDEN,
    HVCC,
    MAIN,
    PICTURE,
    XMP,
    Part,
    avif,
    mime,
    reference,
    still,
)
from tests.redaction.metadata.tiffs import position

_LATITUDE = position("<")[2][2]
_UNREGISTERED = b"\x05\x30" + bytes(range(16)) + LONG[:32]
_SEI = nal(b"\x4e\x01" + _UNREGISTERED + b"\x80")


def held(data: bytes) -> str:
    """The reason for which a file is held back."""
    found, after = redacted(data)
    assert found.outcome is Outcome.UNSTRIPPED
    assert found.findings == ()
    assert after == data
    return found.reason


def names(data: bytes) -> set[str]:
    """What is withheld from a file."""
    return {finding.what for finding in redacted(data)[0].findings}


class TestRecognition:
    @pytest.mark.parametrize(
        ("brand", "others", "media_type"),
        [
            (b"heic", b"mif1", "image/heic"),
            (b"heix", b"", "image/heic"),
            (b"mif1", b"mif1heic", "image/heic"),
            (b"msf1", b"hevc", "image/heic"),
            (b"mif1", b"mif1avifmiaf", "image/avif"),
            (b"avis", b"avifmsf1", "image/avif"),
            (b"mif1", b"mif1", "image/heif"),
            (b"avci", b"mif1", "image/heif"),
        ],
    )
    def test_the_kind_is_told_by_brands(self, brand: bytes, others: bytes, media_type: str) -> None:
        assert plan(BytesReader(box(b"ftyp", brand, bytes(4), others))).media_type == media_type

    def test_a_file_without_pictures_is_held_back(self) -> None:
        assert held(box(b"ftyp", b"heic", bytes(4))) == "no pictures"


class TestLocations:
    @pytest.mark.parametrize("version", [0, 1, 2])
    def test_every_version_of_the_table_leads_to_the_items(self, version: int) -> None:
        after = clean(still(HIDDEN, mime(XMP), version=version), _LATITUDE, b"Somewhere", b"somebody's app")
        assert PICTURE in after

    def test_offsets_count_from_a_base(self) -> None:
        clean(still(HIDDEN, base=200), _LATITUDE)

    @pytest.mark.parametrize("cut", range(10, len(EXIF) - 10, 17))
    def test_values_may_lie_across_pieces(self, cut: int) -> None:
        data = still(Part(b"Exif", EXIF, 2, cuts=(cut, cut + 5)), gap=b"unclaimed")
        after = clean(data, b"unclaimed")
        assert _LATITUDE[:7] not in after
        assert b"somebody" not in after
        assert PICTURE in after

    def test_items_may_lie_in_the_item_data_box(self) -> None:
        parts = (Part(b"Exif", EXIF, 2, method=1), Part(b"Exif", EXIF[:4] + EXIF[10:], 3, method=1))
        clean(still(*parts), _LATITUDE, b"somebody's app")

    def test_items_may_be_made_of_other_items(self) -> None:
        source = Part(b"mime", b"...." + EXIF, 3, more=b"text/plain\0\0")
        whole = Part(b"Exif", b"", 2, method=2, places=((4, 20), (24, len(EXIF) - 20)))
        data = still(source, whole, references=reference(b"iloc", 2, 3))
        assert EXIF[20:30] in clean(data, _LATITUDE, b"somebody's app")

    def test_what_an_item_made_of_others_does_not_take_is_blanked(self) -> None:
        source = Part(b"mime", LONG + EXIF + SECRET, 3, more=b"text/plain\0\0")
        whole = Part(b"Exif", b"", 2, method=2, places=((len(LONG), len(EXIF)),))
        clean(still(source, whole, references=reference(b"iloc", 2, 3)), _LATITUDE, LONG, SECRET)

    def test_an_item_that_takes_more_than_there_is_is_held_back(self) -> None:
        whole = Part(b"Exif", b"", 2, method=2, places=((4, 4000),))
        data = still(mime(LONG, kind=b"text/plain"), whole, references=reference(b"iloc", 2, 3))
        assert held(data) == "a length or offset points outside the file"

    def test_items_made_of_each_other_are_held_back(self) -> None:
        parts = [Part(b"Exif", b"", number, method=2, places=((0, 0),)) for number in (2, 3)]
        data = still(*parts, references=reference(b"iloc", 2, 3) + reference(b"iloc", 3, 2))
        assert held(data) == "items are made of items too deeply"

    def test_no_length_means_all_that_follows(self) -> None:
        data = still(HIDDEN)
        start = data.index(EXIF)
        found = Part(b"Exif", EXIF, 2, places=((start, 0),))
        clean(still(found), _LATITUDE)

    @pytest.mark.parametrize("method", [3, 7, 15])
    def test_unknown_ways_of_construction_are_held_back(self, method: int) -> None:
        assert held(still(Part(b"Exif", b"", 2, method=method, places=((0, 4),))))

    @pytest.mark.parametrize("place", [(0, 20), (30, 40), (1 << 31, 4), (0, 0)])
    def test_an_item_that_lies_on_the_structure_is_held_back(self, place: tuple[int, int]) -> None:
        assert held(still(Part(b"Exif", b"", 2, places=(place,))))

    def test_metadata_on_a_picture_is_a_contradiction(self) -> None:
        start = still(HIDDEN).index(PICTURE)
        data = still(Part(b"Exif", EXIF, 2, places=((start + 30, 20),)))
        assert held(data) == "items that share their data"

    def test_an_item_of_another_file_is_held_back(self) -> None:
        outside = box(b"dinf", full(b"dref", u32(1), full(b"url ", b"http://x/\0")))
        assert held(still(HIDDEN, dref=outside)) == "an item in another file"
        inside = box(b"dinf", full(b"dref", u32(1), full(b"url ", SECRET, flags=1)))
        clean(still(HIDDEN, dref=inside), SECRET, _LATITUDE)

    def test_one_item_twice_is_held_back(self) -> None:
        assert held(still(HIDDEN, HIDDEN)) == "an item stands twice"

    def test_located_data_that_is_no_listed_item_is_blanked(self) -> None:
        clean(still(Part(b"Exif", LONG, 7, unlisted=True)), LONG)

    def test_an_item_without_data_is_nothing(self) -> None:
        clean(still(HIDDEN, Part(b"Exif", b"", 5, unlocated=True)), _LATITUDE)

    def test_unclaimed_media_data_are_blanked(self) -> None:
        after = clean(still(HIDDEN, gap=SECRET), SECRET)
        assert PICTURE in after


class TestItems:
    def test_duplicates_and_those_of_thumbnails_are_all_found(self) -> None:
        thumbnail = Part(b"hvc1", PICTURE[:-1] + b"\x12", 4, properties=(1, 2))
        parts = (HIDDEN, thumbnail, Part(b"Exif", EXIF + bytes(3), 5), mime(XMP, 6), mime(XMP + b" ", 7))
        relations = reference(b"thmb", 4, 1) + reference(b"cdsc", 2, 1) + reference(b"cdsc", 5, 4)
        after = clean(still(*parts, references=relations), _LATITUDE, b"Somewhere", b"somebody's app")
        assert thumbnail.data in after

    @pytest.mark.parametrize("offset", [0, 3, 6, 12, 99999])
    @pytest.mark.parametrize("before", [b"", b"Exif\0\0", b"left Exif\0\0", b"hidden words"])
    def test_exif_is_found_where_it_starts_whatever_the_offset_says(self, offset: int, before: bytes) -> None:
        data = still(Part(b"Exif", u32(offset) + before + EXIF[10:], 2))
        after = clean(data, _LATITUDE, b"somebody's app")
        assert b"hidden" not in after
        assert b"left" not in after

    def test_exif_without_an_offset_is_understood(self) -> None:
        clean(still(Part(b"Exif", EXIF[10:], 2)), _LATITUDE)

    def test_the_orientation_that_exif_tells_stays(self) -> None:
        assert EXIF[20:30] in clean(still(HIDDEN), _LATITUDE)

    @pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\6Exi", LONG, b"\0\0\0\0BigT" + LONG])
    def test_exif_that_is_none_is_blanked(self, data: bytes) -> None:
        after = clean(still(Part(b"Exif", data, 2)))
        assert after.endswith(PICTURE + data[:4] + bytes(max(len(data) - 4, 0)))

    @pytest.mark.parametrize(
        "part",
        [
            mime(LONG, kind=b"application/octet-stream"),
            mime(LONG, kind=b"image/jpeg"),
            mime(LONG, encoding=b"deflate"),
            mime(LONG, kind=LONG[:20]),
            mime(LONG, kind=b""),
            Part(b"uri ", LONG, 3, more=b"tag:somebody@example.org\0"),
            Part(b"rgan", LONG, 3),
            Part(b"\0\0\0\0", LONG, 3),
        ],
    )
    def test_all_other_items_are_blanked(self, part: Part) -> None:
        after = clean(still(part), LONG)
        assert b"somebody" not in after

    def test_names_of_items_and_types_are_blanked_and_still_parse(self) -> None:
        named = Part(b"mime", XMP, 3, b"my holiday", b"application/rdf+xml\0")
        after = clean(still(named), b"my holiday", b"Somewhere")
        assert b" " * 10 + b"\0application/rdf+xml\0" in after

    @pytest.mark.parametrize("kind", [b"Color", b"Exif", b"XMP"])
    def test_names_that_encoders_always_give_stay(self, kind: bytes) -> None:
        assert kind + b"\0" in clean(still(Part(b"Exif", EXIF, 2, kind)), _LATITUDE)

    def test_a_jpeg_thumbnail_is_searched(self) -> None:
        picture = photos.photo(photos.segment(0xFE, LONG))
        after = clean(still(Part(b"jpeg", picture, 4)), LONG)
        assert photos.plain()[-200:] in after

    def test_a_thumbnail_that_is_no_picture_is_blanked_but_never_the_picture_itself(self) -> None:
        clean(still(Part(b"jpeg", LONG, 4)), LONG)
        assert held(still(Part(b"jpeg", LONG, 4), primary=4)) == "a picture is not understood"

    @pytest.mark.parametrize("kind", [b"vvc1", b"j2k1", b"unci", b"lhv1"])
    def test_pictures_in_codings_that_are_not_searched_are_held_back(self, kind: bytes) -> None:
        assert held(still(Part(kind, LONG, 4))) == "a picture in a coding that is not understood"

    def test_an_unknown_picture_is_held_back_when_it_is_the_main_one(self) -> None:
        assert held(still(Part(b"newc", LONG, 4), primary=4)) == "a picture in a coding that is not understood"

    @pytest.mark.parametrize(
        ("kind", "fields"),
        [
            (b"grid", bytes([0, 0, 1, 1]) + u16(64) + u16(64)),
            (b"grid", bytes([0, 1, 1, 1]) + u32(64, 64)),
            (b"iovl", bytes([0, 0]) + u16(9) * 4 + u16(64) * 2 + u16(1) * 2),
            (b"tmap", bytes([0, 0, 0, 0, 0, 0x40]) + b"\1" * 56),
            (b"tmap", bytes([0, 0, 0, 0, 0, 0xC0]) + b"\1" * 136),
        ],
    )
    def test_derived_pictures_keep_their_fields_and_nothing_else(self, kind: bytes, fields: bytes) -> None:
        data = still(Part(kind, fields + SECRET, 9, method=1), references=reference(b"dimg", 9, 1))
        assert fields in clean(data, SECRET)


class TestStreams:
    def test_user_data_in_sei_are_blanked_and_the_picture_stays(self) -> None:
        after = clean(still(Part(b"hvc1", _SEI + PICTURE, 4, properties=(1,))), LONG[:32])
        assert after.count(PICTURE) == 2

    def test_user_data_are_found_in_a_picture_in_pieces(self) -> None:
        part = Part(b"hvc1", _SEI + PICTURE, 4, properties=(1,), cuts=(9, 41))
        assert LONG[:32] not in clean(still(part, gap=b"between"), b"between")

    @pytest.mark.parametrize("kind", [41, 47, 48, 63, 24, 10])
    def test_units_of_unknown_kinds_are_blanked(self, kind: int) -> None:
        unit = nal(bytes([kind << 1, 1]) + LONG)
        assert PICTURE in clean(still(Part(b"hvc1", unit + PICTURE, 4, properties=(1,))), LONG)

    def test_a_picture_whose_units_do_not_add_up_is_held_back(self) -> None:
        data = still(Part(b"hvc1", PICTURE + u32(4000) + LONG, 4, properties=(1,)))
        assert held(data) == "a picture is not understood"

    def test_bytes_behind_the_last_unit_are_blanked(self) -> None:
        clean(still(Part(b"hvc1", PICTURE + b"\xabcd", 4, properties=(1,))), b"\xabcd")

    def test_a_picture_without_its_configuration_is_held_back(self) -> None:
        assert held(still(Part(b"hvc1", PICTURE, 4))) == "a picture without its decoder's configuration"

    def test_configurations_are_searched(self) -> None:
        def arrays(kind: int, unit: bytes) -> bytes:
            return HVCC[:-1] + b"\1" + bytes([kind]) + u16(1) + u16(len(unit)) + unit

        user_data = b"\x4e\x01" + _UNREGISTERED + b"\x80"
        for config in (arrays(39, user_data), arrays(50, bytes([100, 1]) + LONG[:32]), HVCC + LONG[:32]):
            clean(still(HIDDEN, properties=(box(b"hvcC", config), full(b"ispe", u32(64, 64)))), LONG[:32])

    def test_h264_pictures_are_searched(self) -> None:
        config = bytes.fromhex("0142c00dffe1000467420001010002686e") + LONG
        unit = nal(b"\x06\x05\x30" + bytes(range(16)) + LONG[:32] + b"\x80") + nal(b"\x18" + LONG)
        part = Part(b"avc1", unit + nal(b"\x65" + b"\x11" * 9), 4, properties=(2,))
        clean(still(part, properties=(box(b"hvcC", HVCC), box(b"avcC", config))), LONG[:32])

    @staticmethod
    def obu(kind: int, payload: bytes, *, sized: bool = True, extended: bool = False) -> bytes:
        """An AV1 unit."""
        head = bytes([kind << 3 | 4 * extended | 2 * sized]) + (b"\0" if extended else b"")
        return head + (bytes([len(payload) & 127 | 128, len(payload) >> 7]) if sized else b"") + payload

    @pytest.mark.parametrize("extended", [False, True])
    @pytest.mark.parametrize(
        ("kind", "payload"),
        [
            (5, b"\4\xb5\0\x99" + LONG + b"\x80"),
            (5, b"\x1f" + LONG + b"\x80"),
            (5, b"\5" + LONG + b"\x80"),
            (5, b"\1" + LONG),
            (15, LONG + b"\x80"),
            (15, LONG),
            (2, LONG),
            (9, LONG),
            (0, LONG),
        ],
    )
    def test_av1_metadata_becomes_padding(self, kind: int, payload: bytes, *, extended: bool) -> None:
        frame = self.obu(6, b"\x11" * 60)
        unit = self.obu(kind, payload, extended=extended)
        data = frame + unit + frame
        after = clean(still(Part(b"av01", data, 4), brand=b"avif"), LONG)
        place = after.index(frame) + len(frame)
        expected = self.obu(2, bytes(len(payload)), extended=extended)
        if kind != 2:
            expected = self.obu(15, bytes(len(payload) - 1) + b"\x80", extended=extended)
        assert after[place:].startswith(expected + frame)

    def test_av1_light_levels_and_hdr_metadata_stay(self) -> None:
        units = self.obu(5, b"\1\3\xe8\1\x90\x80") + self.obu(5, b"\4\xb5\0\x3c" + b"\1" * 40 + b"\x80")
        data = still(Part(b"av01", units + self.obu(6, b"\x11" * 9, sized=False), 4))
        assert units in clean(data)

    def test_av1_units_that_do_not_add_up_are_held_back(self) -> None:
        for data in (b"\x32\x7f1234", b"\xb2\x01\0", b"\x32" + b"\xff" * 9, b"\x36"):
            assert held(still(Part(b"av01", data, 4)))

    def test_av1_configurations_are_searched(self) -> None:
        config = b"\x81\0\x0c\0" + self.obu(5, b"\x1f" + LONG + b"\x80")
        clean(still(HIDDEN, properties=(box(b"hvcC", HVCC), box(b"av1C", config))), LONG)


class TestProperties:
    @pytest.mark.parametrize(
        ("prop", "name"),
        [
            (full(b"udes", b"en\0home\0" + LONG + b"\0\0"), "description"),
            (full(b"altt", LONG + b"\0en\0"), "description"),
            (box(b"uuid", bytes(16), LONG), "uuid"),
            (full(b"cmex", LONG), "camera-position"),
            (box(b"what", LONG), "unknown"),
            (box(b"colr", b"what", LONG), "unknown"),
        ],
    )
    def test_what_is_not_needed_becomes_free(self, prop: bytes, name: str) -> None:
        data = still(HIDDEN, properties=(box(b"hvcC", HVCC), prop))
        after = clean(data, LONG)
        assert len(prop).to_bytes(4) + b"free" in after
        assert f"heif/property/{name}" in names(data)

    def test_an_essential_property_that_is_not_understood_holds_the_file_back(self) -> None:
        part = Part(b"hvc1", PICTURE, 4, properties=(1, 0x82))
        held(still(part, properties=(box(b"hvcC", HVCC), box(b"what", LONG))))

    @pytest.mark.parametrize(
        "prop",
        [
            full(b"ispe", u32(64, 64)),
            full(b"pixi", b"\3\x08\x08\x08"),
            box(b"irot", b"\1"),
            box(b"imir", b"\1"),
            box(b"clap", u32(*range(1, 9))),
            box(b"pasp", u32(1, 1)),
            box(b"clli", u32(7)),
            box(b"lsel", u16(1)),
            box(b"colr", b"nclx", u16(1) * 3 + b"\x80"),
            full(b"auxC", b"urn:com:apple:photo:2020:aux:hdrgainmap\0"),
            full(b"auxC", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"),
        ],
    )
    def test_what_decoding_and_showing_need_stays(self, prop: bytes) -> None:
        after = clean(still(HIDDEN, properties=(box(b"hvcC", HVCC), prop)), _LATITUDE)
        assert prop in after
        if prop[4:8] not in {b"pixi", b"auxC"}:
            slack = u32(len(prop) + len(LONG)) + prop[4:] + LONG
            assert prop[4:] + bytes(len(LONG)) in clean(still(properties=(box(b"hvcC", HVCC), slack)), LONG)

    @pytest.mark.parametrize(
        "kind", [LONG + b"\0", LONG, b"urn:com:apple:photo:2020:aux:hdrgainmap\0" + LONG, b"urn:somebody\0" + LONG]
    )
    def test_unknown_kinds_of_auxiliary_pictures_are_blanked(self, kind: bytes) -> None:
        clean(still(HIDDEN, properties=(box(b"hvcC", HVCC), full(b"auxC", kind))), LONG)

    def test_what_follows_a_colour_profile_is_blanked(self) -> None:
        profile = u32(200) + bytes(32) + b"acsp" + b"\1" * 160
        after = clean(still(HIDDEN, properties=(box(b"hvcC", HVCC), box(b"colr", b"prof", profile, LONG))), LONG)
        assert profile in after

    def test_a_property_that_is_not_there_holds_the_file_back(self) -> None:
        assert held(still(Part(b"hvc1", PICTURE, 4, properties=(1, 9)))) == "a property that is not there"


class TestCatalogue:
    def test_slack_in_every_table_is_blanked(self) -> None:
        clean(still(HIDDEN, slack=SECRET), SECRET)

    @pytest.mark.parametrize(
        "inside",
        [
            box(b"udta", box(b"\xa9xyz", SECRET)),
            full(b"xml ", SECRET),
            box(b"uuid", bytes(16), SECRET),
            box(b"free", SECRET),
            box(b"what", SECRET),
            box(b"grpl", full(b"albc", u32(1, 1, 1), SECRET)),
            box(b"grpl", full(b"altr", u32(1, 1, 1), SECRET)),
            box(b"grpl", box(b"free", SECRET)),
        ],
    )
    def test_other_boxes_are_blanked(self, inside: bytes) -> None:
        clean(still(HIDDEN, inside=inside), SECRET)

    def test_references_keep_their_numbers_and_lose_unknown_names(self) -> None:
        relations = reference(b"dimg", 1, 2, slack=SECRET) + reference(b"home", 2, 1)
        after = clean(still(HIDDEN, references=relations), SECRET, b"home")
        assert reference(b"free", 2, 1) in after

    def test_encrypted_items_are_held_back(self) -> None:
        data = still(HIDDEN)
        place = data.index(b"hvc1\0") - 2
        assert held(data[:place] + u16(1) + data[place + 2 :]) == "an encrypted item"

    def test_a_catalogue_of_something_else_is_held_back(self) -> None:
        assert held(still(HIDDEN, handler=b"null")) == "a catalogue of something else than pictures"

    def test_two_catalogues_are_held_back(self) -> None:
        assert held(still(HIDDEN, after=full(b"meta", bytes(40))))


def sefd(*blocks: tuple[bytes, bytes]) -> bytes:
    """Samsung's blocks and their directory."""
    data, entries = b"", []
    for number, (name, value) in enumerate(blocks):
        start = len(data)
        data += b"\0\0" + bytes([number, 10]) + len(name).to_bytes(4, "little") + name + value
        entries.append((number, start, len(data) - start))
    listed = b"".join(
        b"\0\0" + bytes([number, 10]) + (len(data) - start).to_bytes(4, "little") + length.to_bytes(4, "little")
        for number, start, length in entries
    )
    directory = b"SEFH" + (107).to_bytes(4, "little") + len(entries).to_bytes(4, "little") + listed
    return data + directory + len(directory).to_bytes(4, "little") + b"SEFT"


class TestFile:
    @pytest.mark.parametrize(
        "after",
        [
            box(b"free", SECRET),
            box(b"skip", SECRET),
            box(b"uuid", bytes(16), SECRET),
            box(b"udta", box(b"\xa9xyz", SECRET)),
            box(b"what", SECRET),
            box(b"idat", SECRET),
            SECRET,
            u32(4000) + b"what" + SECRET,
            bytes(4) + SECRET,
            box(b"mdat", SECRET),
            box(b"sefd", SECRET),
        ],
    )
    def test_what_follows_is_blanked(self, after: bytes) -> None:
        clean(still(HIDDEN, after=after), SECRET, _LATITUDE)

    def test_a_motion_photo_keeps_its_video_and_loses_its_place(self) -> None:
        film = movie([video()], extra=box(b"udta", box(b"\xa9xyz", SECRET)))
        data = still(HIDDEN, after=box(b"mpvd", film) + box(b"sefd", sefd((b"MCC_Data", b"214"))))
        after = clean(data, SECRET, b"MCC_Data214")
        assert film[: film.index(b"moov")] in after
        assert b"MCC_Data\0\0\0" in after
        assert "heif/video/mp4/udta/©xyz" in names(data)

    def test_a_motion_photos_video_that_is_none_is_blanked(self) -> None:
        clean(still(HIDDEN, after=box(b"mpvd", LONG)), LONG)

    def test_a_trailer_with_a_video_behind_the_last_box_is_searched(self) -> None:
        film = movie([video()], extra=box(b"udta", box(b"\xa9xyz", SECRET)))
        after = clean(still(HIDDEN, after=sefd((b"MotionPhoto_Data", film), (b"MCC_Data", b"214"))), SECRET)
        assert film[: film.index(b"moov")] in after

    @pytest.mark.parametrize("kind", [b"moof", b"mfra"])
    def test_fragments_are_held_back(self, kind: bytes) -> None:
        assert held(still(HIDDEN, after=box(kind)))

    def test_a_cut_file_is_held_back(self) -> None:
        data = still(HIDDEN, mime(XMP))
        assert held(data[:-5])
        assert held(data[:200])


class TestSequences:
    @pytest.mark.parametrize("alpha", [False, True])
    @pytest.mark.parametrize("frames", [1, 3])
    def test_all_pictures_of_a_real_file_are_as_before(self, frames: int, *, alpha: bool) -> None:
        data = avif(frames=frames, alpha=alpha)
        after = clean(data, _LATITUDE, b"Somewhere", b"somebody's app")
        before, now = (Image.open(BytesIO(side)) for side in (data, after))
        assert now.size == before.size
        pictures = [
            [frame.convert("RGBA").tobytes() for frame in ImageSequence.Iterator(side)] for side in (before, now)
        ]
        assert len(pictures[0]) == frames
        assert pictures[1] == pictures[0]

    @staticmethod
    def sequence(**changes: object) -> bytes:
        """A movie as a burst of pictures is written."""
        film = movie([video(handler=b"pict", **changes)], ftyp=box(b"ftyp", b"msf1", bytes(4), b"msf1hevc"))
        return film + box(b"free")

    def test_a_sequence_without_a_catalogue_is_searched(self) -> None:
        unit = nal(b"\x06\x05\x30" + bytes(range(16)) + LONG[:32] + b"\x80")
        picture = nal(b"\x65" + b"\x11" * 40)
        data = self.sequence(chunks=[[unit + picture]], more=box(b"udta", box(b"\xa9xyz", SECRET)))
        assert picture in clean(data, LONG[:32], SECRET)

    def test_the_kind_of_an_auxiliary_track_stays(self) -> None:
        data = avif(frames=2, alpha=True)
        assert data.count(b"auxi") == clean(data).count(b"auxi") > 0
        other = data.replace(b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:here:my home " + b"x" * 26)
        clean(other, b"my home")

    def test_metadata_on_a_sample_is_a_contradiction(self) -> None:
        data = avif(frames=2)
        # the catalogue's picture is the first sample as well: called Exif, it lies on the track's data
        place = data.index(b"av01Color")
        reason = "a picture shares its data with something else"
        assert held(data[:place] + b"Exif" + data[place + 4 :]) == reason

    def test_pictures_that_share_some_bytes_are_a_contradiction(self) -> None:
        start = still(HIDDEN).index(PICTURE)
        later = Part(b"av01", b"", 4, places=((start + 5, 1),))
        assert held(still(HIDDEN, later))


def test_another_reader_sees_the_place_before_and_not_after() -> None:
    data = still(HIDDEN)
    assert "exifread/gps" in second_opinion(BytesReader(data), (), BytesReader(data), "image/heic")
    assert second_opinion(BytesReader(data), (), BytesReader(clean(data)), "image/heic") == ()


def test_an_empty_file_of_only_a_picture_loses_nothing() -> None:
    assert redacted(still())[0].findings == ()
    assert MAIN.data in still()
