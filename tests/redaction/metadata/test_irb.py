"""Photoshop resources and the IPTC datasets in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.blanking import blank
from redaction.containers.formats import descend
from redaction.disjoint import disjoint
from redaction.metadata import irb
from redaction.reader import BytesReader
from redaction.walk import Walk
from tests.redaction.containers.photos import photo, segment
from tests.redaction.metadata.tiffs import SHORT, block, position


def _redacted(data: bytes) -> bytes:
    redacted = b"".join(blank([data], disjoint(irb.find(BytesReader(data), Walk(descend), "irb"))))
    assert len(redacted) == len(data)
    return redacted


def _resource(number: int, data: bytes, name: bytes = b"", signature: bytes = b"8BIM") -> bytes:
    label = bytes([len(name)]) + name
    label += bytes(len(label) % 2)
    return signature + number.to_bytes(2, "big") + label + len(data).to_bytes(4, "big") + data + bytes(len(data) % 2)


def _dataset(record: int, dataset: int, value: bytes) -> bytes:
    return bytes([0x1C, record, dataset]) + len(value).to_bytes(2, "big") + value


class TestIptc:
    @pytest.mark.parametrize("dataset", [25, 26, 27, 60, 80, 90, 92, 95, 100, 101, 120, 200])
    def test_texts_become_spaces(self, dataset: int) -> None:
        data = _resource(0x0404, _dataset(2, dataset, b"Paris"))
        assert _redacted(data) == data.replace(b"Paris", b"     ")

    def test_versions_character_set_and_date_stay(self) -> None:
        data = _resource(
            0x0404, _dataset(1, 90, b"\x1b%G") + _dataset(2, 0, b"\0\4") + _dataset(2, 55, b"20240506")
        )  # fmt: skip
        assert _redacted(data) == data

    def test_a_date_that_is_no_date_goes(self) -> None:
        assert b"at home" not in _redacted(_resource(0x0404, _dataset(2, 55, b"at home!")))

    @pytest.mark.parametrize(
        "tail", [b"\x1c\2", b"\x1c\2\x5a\xff\xff" + b"Paris", b"Paris", b"\x1c\2\x5a\x80\4\0\0\0\5Paris"]
    )
    def test_what_is_no_dataset_is_zeroed_to_the_end(self, tail: bytes) -> None:
        kept = _dataset(2, 0, b"\0\2")
        redacted = _redacted(_resource(0x0404, kept + tail))
        assert kept in redacted
        assert b"Paris" not in redacted


class TestResources:
    def test_settings_stay(self) -> None:
        data = _resource(0x03ED, bytes(range(16))) + _resource(0x0406, b"quality")
        assert _redacted(data) == data

    def test_settings_of_another_length_go(self) -> None:
        assert b"Paris" not in _redacted(_resource(0x03ED, b"0123456789abcdefParis"))

    @pytest.mark.parametrize("signature", [b"8BIM", b"PHUT", b"MeSa", b"JUNK"])
    def test_names_and_unknown_resources_go(self, signature: bytes) -> None:
        redacted = _redacted(_resource(0x0BB7, b"clipping path of Paris", b"Parisian", signature))
        assert b"Paris" not in redacted

    def test_copies_of_exif_and_xmp_and_thumbnails_are_searched(self) -> None:
        tiff = block("<", [(0x0112, SHORT, b"\6\0")], gps=position("<"))
        thumbnail = bytes(28) + photo(segment(0xFE, b"seen in Paris"))
        packet = b"<a>Paris</a>"
        redacted = _redacted(_resource(0x0422, tiff) + _resource(0x0424, packet) + _resource(0x040C, thumbnail))
        assert b"Paris" not in redacted
        assert position("<")[2][2] not in redacted
        assert redacted.endswith(photo(segment(0xFE, b" " * 13)) + bytes(len(thumbnail) % 2))

    def test_the_digest_of_what_was_removed_goes(self) -> None:
        data = _resource(0x0425, bytes(range(16)))
        assert _redacted(data) == _resource(0x0425, bytes(16))

    def test_a_resource_that_passes_the_end_is_zeroed(self) -> None:
        whole = _resource(0x03ED, bytes(16))
        assert not any(_redacted(whole + _resource(0x0404, _dataset(2, 90, b"Paris"))[:-4])[len(whole) :])


@given(st.binary(max_size=200), st.integers(0, 120))
def test_any_damage_ends(junk: bytes, at: int) -> None:
    data = _resource(0x0404, _dataset(2, 90, b"Paris")) + _resource(0x03ED, bytes(16), b"name")
    once = _redacted(data[:at] + junk + data[at:])
    assert _redacted(once) == once
