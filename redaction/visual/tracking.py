"""Faces through a video: what was found in single frames becomes tracks, and tracks are held where a detector blinks.

A face that turns, is hidden for a moment or is smeared by motion is missed in some frames. A person who steps through
the video needs one such frame. So a gap in a track is filled along the straight line between its ends, and each track
begins earlier and ends later than it was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from redaction.visual.boxes import Box

GAP: Final = 2.0  # seconds: a face that comes back within this, near where it was, is taken for the same
HOLD: Final = 1.0  # seconds before a track was first seen and after it was last seen
MARGIN: Final = 0.35  # of a face's longer side, on every side: hair, ears, chin, and what it moves meanwhile
_STEP: Final = 0.25  # more of it for each second that no frame shows the face
_REACH: Final = 1.0  # of a face's size: how far its centre may move between two sightings


@dataclass(slots=True)
class Track:
    """One thing that is covered: frame numbers in order, with the box that covers it in each."""

    boxes: dict[int, Box] = field(default_factory=dict)


def tracks(found: Sequence[Sequence[Box]], times: Sequence[float]) -> list[Track]:
    """Link what was found in each frame and hold it; `times` are the frames' times in seconds, never falling."""
    return [_held(sightings, times) for sightings in _linked(found, times)]


def _linked(found: Sequence[Sequence[Box]], times: Sequence[float]) -> list[list[tuple[int, Box]]]:
    """Sightings (frame, box) of each face, in order: every box goes to the open track that it overlaps most."""
    open_tracks: list[list[tuple[int, Box]]] = []
    closed: list[list[tuple[int, Box]]] = []
    for frame, boxes in enumerate(found):
        closed += [each for each in open_tracks if times[frame] - times[each[-1][0]] > GAP]
        open_tracks = [each for each in open_tracks if times[frame] - times[each[-1][0]] <= GAP]
        free = list(open_tracks)
        for box in boxes:
            near = [each for each in free if each[-1][1].near(box, _REACH)]
            if near:
                best = max(near, key=lambda each: (each[-1][1].shared(box), each[-1][0]))
                best.append((frame, box))
                free = [each for each in free if each is not best]
            else:
                open_tracks.append([(frame, box)])
    return closed + open_tracks


def _held(sightings: Sequence[tuple[int, Box]], times: Sequence[float]) -> Track:
    track = Track()
    first, last = sightings[0], sightings[-1]
    frame = first[0] - 1
    while frame >= 0 and times[first[0]] - times[frame] <= HOLD:
        track.boxes[frame] = _grown(first[1], times[first[0]] - times[frame])
        frame -= 1
    for (start, before), (end, after) in pairwise(sightings):
        track.boxes[start] = _grown(before, 0)
        for between in range(start + 1, end):
            away = min(between - start, end - between) / (end - start) * (times[end] - times[start])
            track.boxes[between] = _grown(_between(before, after, (between - start) / (end - start)), away)
    track.boxes[last[0]] = _grown(last[1], 0)
    frame = last[0] + 1
    while frame < len(times) and times[frame] - times[last[0]] <= HOLD:
        track.boxes[frame] = _grown(last[1], times[frame] - times[last[0]])
        frame += 1
    track.boxes = dict(sorted(track.boxes.items()))
    return track


def _grown(box: Box, unseen: float) -> Box:
    return box.grown(MARGIN + _STEP * unseen)


def _between(one: Box, other: Box, share: float) -> Box:
    ends = ((one.x, other.x), (one.y, other.y), (one.w, other.w), (one.h, other.h))
    x, y, w, h = (round(start + (end - start) * share) for start, end in ends)
    return Box(x, y, w, h)
