import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from redaction.visual.boxes import Box, around, distinct
from redaction.visual.covering import CELLS, Pixels, fill, fill_planes, mosaic
from redaction.visual.tracking import tracks

RATE = 10  # frames a second
SIDES = st.integers(1, 60)
BOXES = st.builds(Box, st.integers(-20, 70), st.integers(-20, 70), SIDES, SIDES)


def noise(*shape: int) -> Pixels:
    return np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)


def mask(box: Box, width: int, height: int) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[0:height, 0:width]
    inside: NDArray[np.bool_] = (rows >= box.y) & (rows < box.bottom) & (columns >= box.x) & (columns < box.right)
    return inside


@given(BOXES)
def test_fill_leaves_nothing_inside_and_everything_outside(box: Box) -> None:
    picture = noise(48, 64, 3)
    filled = picture.copy()
    fill(filled, [box])
    inside = mask(box, 64, 48)
    assert not filled[inside].any()
    assert (filled[~inside] == picture[~inside]).all()


@given(BOXES)
def test_planes_are_filled_on_whole_chroma_samples(box: Box) -> None:
    luma, blue, red = noise(48, 64), noise(24, 32), noise(24, 32)
    filled = luma.copy(), blue.copy(), red.copy()
    fill_planes(*filled, [box])
    inside = mask(box, 64, 48)
    assert (filled[0][inside] == 16).all()
    coarse = inside.reshape(24, 2, 32, 2).any(axis=(1, 3))
    for plane, before in ((filled[1], blue), (filled[2], red)):
        assert (plane[coarse] == 128).all()
        assert (plane[~coarse] == before[~coarse]).all()


def test_mosaic_keeps_sixteen_rough_colours_and_no_more() -> None:
    picture = noise(90, 90, 3)
    mosaic(picture, [Box(5, 5, 77, 71)])
    seen = np.unique(picture[5:76, 5:82].reshape(-1, 3), axis=0)
    assert len(seen) <= CELLS * CELLS
    assert set(np.unique(seen % 16)) == {8}


def test_two_faces_with_the_same_rough_colours_become_the_same_mosaic() -> None:
    one, other = np.full((40, 40, 3), 100, np.uint8), np.full((40, 40, 3), 100, np.uint8)
    one[::2], other[:, ::2] = 108, 108  # stripes that lie, and stripes that stand
    for picture in (one, other):
        mosaic(picture, [Box(0, 0, 40, 40)])
    assert (one == other).all()


@given(st.lists(BOXES, max_size=8))
def test_boxes_found_several_times_become_one_that_holds_them(boxes: list[Box]) -> None:
    kept = distinct(boxes)
    assert all(any(around([box, each]) == each for each in kept) for box in boxes)
    assert all(one.shared(other) < 0.4 for one in kept for other in kept if one is not other)


def seen_at(frames: dict[int, Box], count: int) -> list[list[Box]]:
    return [[frames[number]] if number in frames else [] for number in range(count)]


def test_face_missed_between_two_sightings_stays_covered() -> None:
    frames = {5: Box(10, 10, 20, 20), 15: Box(20, 30, 20, 20)}
    (track,) = tracks(seen_at(frames, 20), [number / RATE for number in range(20)])
    assert set(range(5, 16)) <= set(track.boxes)
    middle = track.boxes[10]
    assert around([middle, Box(15, 20, 20, 20)]) == middle


def test_face_is_covered_before_it_is_first_and_after_it_is_last_seen() -> None:
    box = Box(100, 100, 40, 40)
    (track,) = tracks(seen_at({30: box}, 60), [number / RATE for number in range(60)])
    assert list(track.boxes) == list(range(20, 41))  # a second each way
    assert all(around([each, box]) == each != box for each in track.boxes.values())


def test_two_faces_are_two_tracks_and_a_long_gap_ends_one() -> None:
    one, other = Box(0, 0, 20, 20), Box(200, 0, 20, 20)
    count = 4 * RATE
    found = [[one, other], *([] for _ in range(count - 2)), [one]]
    made = tracks(found, [number / RATE for number in range(count)])
    assert len(made) == 3


def test_no_frames_no_tracks() -> None:
    assert tracks([], []) == []


@pytest.mark.parametrize("box", [Box(-10, -10, 5, 5), Box(64, 0, 5, 5)])
def test_box_outside_is_clipped_to_nothing(box: Box) -> None:
    clipped = box.clipped(64, 48)
    assert not clipped.w or not clipped.h
