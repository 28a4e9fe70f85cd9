"""What planning may cost, and files that are damaged or hostile."""

import struct
import tracemalloc
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redaction.containers import isobmff
from redaction.disjoint import disjoint
from redaction.errors import RedactionError, UnsupportedMedia
from redaction.finding import Finding, Outcome
from redaction.planner import plan
from redaction.reader import BytesReader, Reader
from redaction.walk import Walk
from tests.redaction.containers.mp4 import (
    FTYP,
    Spec,
    box,
    fragments,
    full,
    item,
    meta,
    movie,
    nal,
    picture,
    sound_entry,
    u32,
    video,
    video_entry,
)
from tests.redaction.containers.redacting import LONG, SECRET, redacted

BANNER = b"\x05" + bytes([16 + len(SECRET)]) + b"U" * 16 + SECRET + b"\x80"


class Sparse(Reader):
    """A gigabyte of media data that is made up as it is read; counts the bytes that were asked for."""

    def __init__(self, head: bytes, tail: bytes, sample: int, number: int, other: int) -> None:
        self._head, self._tail, self._sample, self._number = head, tail, sample, number
        self._stride = sample + other
        self._media = len(head) + number * self._stride
        self.asked = 0

    @property
    def size(self) -> int:
        return self._media + len(self._tail)

    def read(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        self.asked += length
        return b"".join(self._pieces(offset, offset + length))

    def _pieces(self, offset: int, end: int) -> Iterator[bytes]:
        if offset < len(self._head):
            yield self._head[offset:end]
        start = nal(b"\x41" + bytes(7))[4:5]
        low, high = max(offset, len(self._head)), min(end, self._media)
        while low < high:
            number, inside = divmod(low - len(self._head), self._stride)
            unit = (u32(self._sample - 4) + start)[inside : inside + high - low] or b"\7" * min(
                high - low, self._stride - inside
            )
            assert number < self._number
            yield unit
            low += len(unit)
        if end > self._media:
            yield self._tail[max(0, offset - self._media) : end - self._media]


def big(number: int = 50_000, sample: int = 21_000, other: int = 100) -> Sparse:
    """Video of 50,000 samples, and a metadata sample after every 25th; the rest between them is claimed by nobody."""
    start = len(FTYP) + 16
    mdat = u32(1) + b"mdat" + struct.pack(">Q", 16 + number * (sample + other))
    places = [start + index * (sample + other) for index in range(number)]
    frames = Spec(b"vide", video_entry(), counts=[1] * number, wide=True, offsets=places)
    sized = frames.box().replace(full(b"stsz", u32(0, number)), full(b"stsz", u32(0, number), u32(*[sample] * number)))
    grown = 4 * number
    for kind in (b"stbl", b"minf", b"mdia", b"trak"):
        place = sized.index(kind) - 4
        sized = sized[:place] + u32(int.from_bytes(sized[place : place + 4]) + grown) + sized[place + 4 :]
    data = Spec(b"meta", box(b"gpmd", bytes(8)), counts=[1] * (number // 25), constant=other, wide=True, number=2)
    data.offsets = [place + sample for place in places[::25]]
    return Sparse(FTYP + mdat, box(b"moov", full(b"mvhd", bytes(96)), sized, data.box()), sample, number, other)


class TestCost:
    def test_a_gigabyte_is_planned_from_less_than_two_percent_of_it(self) -> None:
        reader = big()
        found = plan(reader)
        assert found.outcome is Outcome.CLEAN
        assert reader.size > 1_000_000_000
        assert reader.asked < reader.size // 50
        names = [finding.what for finding in found.findings]
        assert names.count("mp4/gap") == 50_000 - 2_000
        assert sum(name == "mp4/track/gpmd" for name in names) >= 2_000

    def test_memory_does_not_grow_with_the_size_of_the_file(self) -> None:
        peaks = []
        for sample in (2_100, 210_000):  # the same number of samples, in ten megabytes and in a gigabyte
            reader = big(5_000, sample)
            tracemalloc.start()
            try:
                assert plan(reader).outcome is Outcome.CLEAN
                peaks.append(tracemalloc.get_traced_memory()[1])
            finally:
                tracemalloc.stop()
        assert reader.size > 1_000_000_000
        assert peaks[1] < 1.1 * peaks[0] < 32 << 20

    def test_tables_that_promise_more_than_they_hold_are_refused_at_once(self) -> None:
        for kind in (b"stsz", b"stsc", b"stco"):
            data = movie([video()])
            at = data.index(kind) + (12 if kind == b"stsz" else 8)
            hostile = data[:at] + u32(0xFFFFFFFF) + data[at + 4 :]
            assert redacted(hostile)[0].outcome is Outcome.UNSTRIPPED

    def test_countless_tiny_boxes_are_refused(self) -> None:
        assert redacted(movie([video()], extra=box(b"free") * 200_001))[0].outcome is Outcome.UNSTRIPPED

    def test_constant_sizes_may_promise_billions_of_samples_at_no_cost(self) -> None:
        spec = Spec(b"soun", sound_entry(), counts=[0xFFFFFFFF], constant=2, number=2, offsets=[28])
        assert redacted(movie([video(), spec]))[0].outcome is Outcome.CLEAN


def everything() -> bytes:
    """One file with most of the structures, to be damaged."""
    udta = box(b"udta", box(b"\xa9xyz", SECRET), meta(item(b"\xa9xyz", SECRET), handler=b"mdir"))
    keyed = meta(item(u32(1), SECRET), keys=(b"com.apple.quicktime.make",), plain=True)
    tracks = [
        video(chunks=[[nal(b"\x06", BANNER) + picture(9)]], more=keyed),
        Spec(b"soun", sound_entry(b"ima4", version=1, extra=bytes(16)), [[SECRET]], counts=[9], constant=1, number=2),
        Spec(b"meta", box(b"mett", bytes(8)), [[SECRET]], number=3),
    ]
    return movie(tracks, extra=udta, gap=b"gap") + fragments(SECRET, LONG)[-300:]


class TestDamage:
    @settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.data())
    def test_damaged_files_end_in_a_plan_and_never_in_another_error(self, data: st.DataObject) -> None:
        source = data.draw(st.sampled_from([everything(), fragments(SECRET, LONG)]))
        edits = st.lists(st.tuples(st.integers(0, len(source) - 1), st.binary(min_size=1, max_size=4)), max_size=4)
        damaged = bytearray(source)
        for place, value in data.draw(edits):
            damaged[place : place + len(value)] = value
        whole = bytes(damaged[: data.draw(st.integers(0, len(source)) | st.just(len(source)))])
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

        for head in (b"", FTYP, FTYP + u32(8 + len(noise)) + b"moov"):
            try:
                disjoint(isobmff.find(BytesReader(head + noise), Walk(nothing)))
            except RedactionError:
                continue
