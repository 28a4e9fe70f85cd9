"""GIF: which extensions stay, how the others are blanked without breaking the chain of lengths, and the tail."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import GifImagePlugin

from redaction.finding import Outcome
from redaction.planner import plan
from redaction.reader import BytesReader
from tests.redaction.containers.pictures import MAGIC, application, frames, gif, noise, profile, saved, sub_blocks
from tests.redaction.containers.redacting import LONG, SECRET, clean, redacted

_PACKET = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF '
    b'xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description xmlns:e="http://ns.adobe.com/exif/1.0/">'
    b"<e:GPSLatitude>" + SECRET + b'</e:GPSLatitude></r:Description></r:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_XMP = b"XMP DataXMP"
_COMMENT, _TEXT = b"\x21\xfe", b"\x21\x01"


class TestExtensions:
    @pytest.mark.parametrize("length", [*range(1, 70), 254, 255, 256, 257, 1000])
    def test_comments_become_spaces_whatever_their_length(self, length: int) -> None:
        comment = bytes(33 + at % 90 for at in range(length))
        data = gif(_COMMENT + sub_blocks(comment), _COMMENT + sub_blocks(SECRET))
        after = clean(data, SECRET)
        assert frames(after) == frames(gif())
        place = len(gif()) - 1 + 2
        end = place + len(sub_blocks(comment)) - 1
        assert set(after[place + 1 : end]) <= {0x20}
        assert after[end] == 0

    def test_pillow_still_reads_comments_as_blanks(self) -> None:
        data = saved("GIF", comment=LONG)
        after = clean(data, LONG)
        with GifImagePlugin.GifImageFile(BytesIO(after)) as image:
            assert not image.info.get("comment", b"").strip()

    @pytest.mark.parametrize("label", [0x02, 0xF8, 0xF9, 0xCE])
    def test_unknown_extensions_become_spaces(self, label: int) -> None:
        clean(gif(bytes([0x21, label]) + sub_blocks(SECRET) + _COMMENT + sub_blocks(b"x")), SECRET)

    def test_plain_text_keeps_the_length_of_its_head(self) -> None:
        after = clean(gif(_TEXT + b"\x0c" + SECRET[:12] + sub_blocks(LONG)), SECRET[:12], LONG)
        assert _TEXT + b"\x0c" + b" " * 12 in after

    @pytest.mark.parametrize("identifier", [b"NETSCAPE2.0", b"ANIMEXTS1.0"])
    @pytest.mark.parametrize("data", [b"\3\1\5\0\0", b"\3\1\5\0\5\2\0\1\0\0\0", b"\5\2\0\1\0\0\0"])
    def test_loops_stay(self, identifier: bytes, data: bytes) -> None:
        whole = gif(application(identifier, data))
        assert clean(whole) == whole

    @pytest.mark.parametrize(
        ("identifier", "data"),
        [
            (b"NETSCAPE2.0", sub_blocks(SECRET)),
            (b"NETSCAPE2.0", b"\3\1\5\0" + sub_blocks(SECRET)),
            (b"NETSCAPE2.0", b"\0"),
            (b"somebody1.0", sub_blocks(LONG)),
            (b"ICCRGBG1012", sub_blocks(LONG)),
            (b"ICCRGBG1012", b"\0"),
            (b"C2PA_GIF\1\0\0", sub_blocks(LONG)),
            (_XMP, sub_blocks(SECRET)),
            (_XMP, sub_blocks(_PACKET)),
            (_XMP, b"\0"),
        ],
    )
    def test_other_applications_become_spaces(self, identifier: bytes, data: bytes) -> None:
        after = clean(gif(application(identifier, data)))
        assert SECRET not in after
        assert LONG not in after
        assert frames(after) == frames(gif())

    def test_an_application_whose_identifier_is_short_is_unknown(self) -> None:
        clean(gif(b"\x21\xff" + sub_blocks(SECRET)), SECRET)

    def test_a_colour_profile_stays_and_what_follows_it_goes(self) -> None:
        data = gif(application(b"ICCRGBG1012", sub_blocks(profile() + SECRET)))
        assert clean(data, SECRET) == data.replace(SECRET, bytes(len(SECRET)))

    def test_a_profile_in_too_many_blocks_goes(self) -> None:
        blocks = b"\1x" * ((1 << 14) + 1) + b"\0"
        assert b"ICCRGBG1012" not in clean(gif(application(b"ICCRGBG1012", blocks)), b"ICCRGBG1012")


class TestXmp:
    def test_values_become_spaces_and_the_magic_trailer_stays(self) -> None:
        data = gif(application(_XMP, _PACKET + MAGIC), _COMMENT + sub_blocks(b"behind"))
        after = clean(data, SECRET, b"behind")
        assert _PACKET.replace(SECRET, b" " * len(SECRET)) + MAGIC in after
        assert frames(after) == frames(gif())

    @pytest.mark.parametrize("packet", [SECRET, b"<a>" + SECRET, b"\xff" * 40 + SECRET, SECRET + b"\1" * 9, b"<" * 600])
    def test_a_packet_that_is_no_xml_is_emptied_and_the_chain_holds(self, packet: bytes) -> None:
        after = clean(gif(application(_XMP, packet + MAGIC), _COMMENT + sub_blocks(b"behind")), packet, b"behind")
        assert frames(after) == frames(gif())

    def test_a_packet_with_zeros_is_emptied(self) -> None:
        packet = b"\x20" + b"a" * 10 + b"\0" * 4 + SECRET * 4  # its first byte leads over the zeros
        after = clean(gif(application(_XMP, packet + MAGIC)), SECRET)
        assert frames(after) == frames(gif())


class TestStructure:
    @pytest.mark.parametrize("mode", ["P", "L", "RGB", "RGBA", "1"])
    def test_pictures_stay(self, mode: str) -> None:
        data = saved("GIF", mode=mode)
        assert clean(data) == data

    def test_animations_stay(self) -> None:
        data = saved("GIF", noise(), noise(), duration=100, loop=2)
        assert clean(data) == data
        assert len(frames(data)) == 4

    def test_empty_blocks_between_others_are_allowed(self) -> None:
        clean(gif(b"\0\0", _COMMENT + sub_blocks(SECRET), b"\0"), SECRET)

    @pytest.mark.parametrize(
        "data",
        [
            b"GIF89a",
            b"GIF89a" + bytes(7),
            b"GIF89a" + bytes(7) + b";",
            gif()[:-1],
            gif()[:200],
            gif(b"\x22"),
            gif(_COMMENT + b"\x30" + SECRET)[:-2],
            gif(_COMMENT)[:-1],
            gif(b"\x2c" + bytes(5))[:-1],
        ],
        ids=range(9),
    )
    def test_a_file_without_an_end_or_a_picture_is_left_alone(self, data: bytes) -> None:
        found, after = redacted(data)
        assert (found.outcome, found.findings, after) == (Outcome.UNSTRIPPED, (), data)

    def test_what_follows_the_trailer_goes_or_is_searched(self) -> None:
        assert clean(gif(tail=SECRET), SECRET) == gif(tail=bytes(len(SECRET)))
        second = gif(_COMMENT + sub_blocks(SECRET))
        assert clean(gif(tail=second), SECRET).endswith(clean(second))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_damage_ends_in_a_plan_that_keeps_the_length(data: st.DataObject) -> None:
    extension = st.sampled_from(
        [application(_XMP, _PACKET + MAGIC), _COMMENT + sub_blocks(LONG), application(b"NETSCAPE2.0", b"\3\1\0\0\0")]
    )
    whole = bytearray(gif(*data.draw(st.lists(extension, max_size=3)), tail=data.draw(st.binary(max_size=20))))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(6, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.one_of(st.just(len(whole)), st.integers(6, len(whole))))])
    found, after = redacted(cut)
    assert len(after) == len(cut)
    if found.outcome is Outcome.CLEAN:
        assert plan(BytesReader(after)).findings == ()
        assert plan(BytesReader(after)).outcome is Outcome.CLEAN
