"""The media data: keep the bytes of kept samples, zero withheld samples and what no sample claims."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from redaction.containers import av1_obus
from redaction.containers.isobmff_boxes import Search
from redaction.containers.isobmff_motion_jpeg import in_pictures
from redaction.containers.isobmff_nals import in_samples
from redaction.containers.isobmff_ranges import Ranges, merged, within, without
from redaction.containers.isobmff_tracks import Track
from redaction.errors import MalformedMedia
from redaction.finding import Finding


def media_data(search: Search, mdats: Ranges, tracks: Sequence[Track]) -> Iterator[Finding]:
    """Findings in the payloads of the `mdat` boxes.

    MalformedMedia when a withheld track does not say surely where its samples are, or when something is to be blanked
    in a sample that lies elsewhere. When a kept one does not, or has samples elsewhere than in `mdat`, unclaimed bytes
    stay, because they may be picture or sound.
    """
    chunks = [piece for track in tracks if track.kept for piece in track.chunks.ranges()]
    kept = merged(chunks)
    if _length(kept) < _length(chunks):
        search.walk.unsettle()  # samples share bytes: what is blanked in one may change how another is read
    if any(track.elastic for track in tracks):
        kept = _stretched(mdats, tracks)
    inside = within(kept, mdats)
    certain = inside == kept and all(track.certain for track in tracks if track.kept)
    claimed = list(inside)
    for track in tracks:
        if track.kept:
            if track.coding is not None:
                yield from _inside(in_samples(search, track.coding, track.chunks), mdats)
            if track.av1:
                yield from _inside(av1_obus.in_samples(search, track.chunks, "mp4/obu"), mdats)
            if track.motion_jpeg:
                yield from _inside(in_pictures(search, track.chunks), mdats)
            continue
        if not track.certain:
            raise MalformedMedia("a track to withhold does not say surely where its samples are")
        ranges = within(merged(track.chunks.ranges()), mdats)
        claimed += ranges
        for start, end in without(ranges, inside):
            yield from search.blank(start, end, f"mp4/track/{track.format}")
    if certain:
        for start, end in without(mdats, merged(claimed)):
            yield from search.blank(start, end, "mp4/gap")


def _inside(findings: Iterator[Finding], mdats: Ranges) -> Iterator[Finding]:
    """The findings; MalformedMedia for one outside the media data, where blanking would hit the file's structure."""
    starts = [start for start, _ in mdats]
    for finding in findings:
        at = bisect_right(starts, finding.offset) - 1
        if at < 0 or finding.end > mdats[at][1]:
            raise MalformedMedia("a sample lies outside the media data", finding.offset)
        yield finding


def _length(ranges: Ranges) -> int:
    return sum(end - start for start, end in ranges)


def _stretched(mdats: Ranges, tracks: Sequence[Track]) -> Ranges:
    """The bytes of all kept samples, where chunks of uncertain length reach to the next chunk of any track."""
    starts = sorted({start for track in tracks for start, _ in track.chunks.ranges()} | {end for _, end in mdats})
    ranges: list[tuple[int, int]] = []
    for track in tracks:
        if not track.kept:
            continue
        for start, end in track.chunks.ranges():
            after = bisect_right(starts, start) if track.elastic else len(starts)
            ranges.append((start, starts[after] if after < len(starts) else end))
    return merged(ranges)
