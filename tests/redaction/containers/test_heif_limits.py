"""Hostile HEIF and AVIF files: what they may cost, and what happens to damaged ones."""

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redaction.containers import heif
from redaction.errors import RedactionError, UnsupportedMedia
from redaction.finding import Finding, Outcome
from redaction.reader import BytesReader, Reader
from redaction.walk import Walk
from tests.redaction.containers.mp4 import box, full, movie, nal, u16, u32, video
from tests.redaction.containers.redacting import SECRET, redacted
from tests.redaction.containers.stills import EXIF, HIDDEN, PICTURE, XMP, Part, avif, mime, reference, still
from tests.redaction.containers.test_heif import sefd


def _unstripped(data: bytes) -> None:
    assert redacted(data)[0].outcome is Outcome.UNSTRIPPED  # one that hangs is ended by the suite's own time limit


class TestCost:
    def test_items_that_share_their_data_are_refused(self) -> None:
        start = still(HIDDEN).index(EXIF)
        parts = [Part(b"Exif", b"", number, places=((start, 60 + number % 50),)) for number in range(2, 400)]
        _unstripped(still(HIDDEN, *[Part(b"Exif", b"", part.number + 2, places=part.places) for part in parts]))

    def test_many_items_of_the_same_data_cost_one(self) -> None:
        data = still(HIDDEN)
        parts = [Part(b"Exif", b"", number, places=((1, 1),)) for number in range(3, 3000)]
        place = len(still(HIDDEN, *parts)) - len(EXIF)
        same = [Part(b"Exif", b"", part.number, places=((place, len(EXIF)),)) for part in parts]
        found, after = redacted(still(HIDDEN, *same))
        assert found.outcome is Outcome.CLEAN
        assert len(found.findings) < 20
        assert len(after) > len(data)

    def test_tables_that_promise_more_than_they_hold_are_refused_at_once(self) -> None:
        data = still(HIDDEN, references=reference(b"cdsc", 2, 1))
        for kind, skip in ((b"iloc", 6), (b"ipma", 4), (b"cdsc", 2)):
            at = data.index(kind) + 4 + skip
            _unstripped(data[:at] + b"\xff\xff" + data[at + 2 :])

    def test_an_item_in_countless_pieces_is_refused(self) -> None:
        _unstripped(still(Part(b"Exif", EXIF, 2, places=((1, 1),) * 2000)))

    def test_items_made_of_items_do_not_multiply(self) -> None:
        parts = [Part(b"Exif", b"", number, method=2, places=((0, 0),) * 1000) for number in range(2, 9)]
        source = Part(b"mime", EXIF, 9, more=b"text/plain\0\0")
        relations = b"".join(reference(b"iloc", number, number + 1) for number in range(2, 9))
        _unstripped(still(*parts, source, references=relations))

    def test_countless_items_and_boxes_are_refused(self) -> None:
        _unstripped(still(HIDDEN, inside=box(b"free") * 200_001))
        _unstripped(still(HIDDEN, inside=box(b"grpl", *[box(b"altr", bytes(12))] * 200_001)))

    @pytest.mark.slow
    def test_pictures_of_countless_units_are_refused(self) -> None:
        part = Part(b"hvc1", nal(b"\x28\x01") * 3_000_000, 4, properties=(1,))
        _unstripped(still(*[Part(part.kind, part.data, number, properties=(1,)) for number in (4, 5, 6)]))

    @pytest.mark.parametrize("kind", [b"iinf", b"iloc", b"iprp", b"iref", b"pitm", b"hdlr", b"idat", b"dinf"])
    def test_a_table_that_stands_twice_is_refused(self, kind: bytes) -> None:
        data = still(HIDDEN, references=reference(b"cdsc", 2, 1), inside=box(b"dinf") + box(b"idat", bytes(4)))
        assert kind in data
        twice = still(
            HIDDEN,
            references=reference(b"cdsc", 2, 1),
            inside=box(b"dinf") + box(b"idat", bytes(4)) + full(kind, bytes(8)),
        )
        _unstripped(twice)


@cache
def everything(number: int) -> bytes:
    """Files with most of the structures, to be damaged."""
    film = movie([video()], extra=box(b"udta", box(b"\xa9xyz", SECRET)))
    sei = nal(b"\x4e\x01\x05\x14" + bytes(20) + b"\x80")
    parts = (
        Part(b"Exif", EXIF, 2, cuts=(30, 70)),
        mime(XMP),
        Part(b"hvc1", sei + PICTURE, 4, properties=(1, 2)),
        Part(b"grid", bytes(4) + u16(64) * 2, 5, method=1),
        Part(b"Exif", b"", 6, method=2, places=((4, 0),)),
        mime(SECRET, 7, b"text/plain"),
    )
    relations = reference(b"dimg", 5, 1, 4) + reference(b"iloc", 6, 2)
    after = box(b"mpvd", film) + box(b"sefd", sefd((b"MCC_Data", b"214"))) + SECRET
    return (
        still(*parts, references=relations, gap=b"gap", after=after)
        if number == 0
        else still(HIDDEN, version=2, inside=box(b"udta", SECRET), slack=SECRET)
        if number == 1
        else avif(frames=2, alpha=True)
    )


class TestDamage:
    @settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.data())
    def test_damaged_files_end_in_a_plan_and_never_in_another_error(self, data: st.DataObject) -> None:
        source = everything(data.draw(st.integers(0, 2)))
        places = st.integers(0, min(len(source) - 1, 1500)) | st.integers(0, len(source) - 1)
        edits = st.lists(st.tuples(places, st.binary(min_size=1, max_size=4)), max_size=4)
        damaged = bytearray(source)
        for place, value in data.draw(edits):
            damaged[place : place + len(value)] = value
        whole = bytes(damaged[: data.draw(st.just(len(source)) | st.integers(0, len(source)))])
        try:
            found, after = redacted(whole)
        except UnsupportedMedia:
            return
        assert len(after) == len(whole)
        assert found.size == len(whole)
        if found.outcome is Outcome.CLEAN:
            assert redacted(after)[0].outcome is Outcome.CLEAN

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=200))
    def test_noise_after_a_valid_start_is_survived(self, noise: bytes) -> None:
        def nothing(_reader: Reader, _walk: Walk) -> Iterator[Finding]:
            raise UnsupportedMedia

        ftyp = box(b"ftyp", b"heic", bytes(4))
        for head in (b"", ftyp, ftyp + u32(8 + len(noise)) + b"meta", ftyp + u32(12 + len(noise)) + b"meta\0\0\0\0"):
            try:
                found = list(heif.find(BytesReader(head + noise), Walk(nothing)))
            except RedactionError:
                continue
            assert all(finding.end <= len(head + noise) for finding in found)
