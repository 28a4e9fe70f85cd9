"""Videos, read twice: once to find faces, once to cover, encode and write. Few frames are in memory at a time.

The picture is decoded, turned upright and encoded anew; what becomes of the sound is in `blur_sound`. Nothing else of
the old file is carried over: no other tracks, tags, chapters, attachments.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.stream import VideoStream
from PIL import Image

from api.cli.blur_faces import FaceFinder
from api.cli.blur_marks import Mark, require_inside
from api.cli.blur_record import Covered, Made
from api.cli.blur_review import CELLS, Review, outlined
from api.cli.blur_sound import Sound
from api.cli.failures import CheckFailed, WrongUse
from api.cli.output import Progress
from redaction.visual.boxes import Box, around
from redaction.visual.covering import Pixels, fill_planes
from redaction.visual.tracking import Track, tracks

_MOVIE: Final = ("libx264", {"crf": "18", "preset": "fast", "bf": "0"})
_WEB: Final = ("libvpx-vp9", {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "5", "lag-in-frames": "0"})
KINDS: Final = {
    ".mp4": ("mp4", *_MOVIE), ".m4v": ("mp4", *_MOVIE), ".mov": ("mov", *_MOVIE), ".3gp": ("3gp", *_MOVIE),
    ".mkv": ("matroska", *_MOVIE), ".webm": ("webm", *_WEB),
}  # fmt: skip
"""Container, encoder and its options, by the ending of the new name."""
_READ: Final = {"matroska": "matroska", "webm": "matroska", "avi": "avi", "x-msvideo": "avi"}
_REPACK: Final = "name OUT with .mkv, which takes every sound, or use --audio remove"
_MOST_PIXELS: Final = 8192 * 8192


@dataclass(frozen=True, slots=True)
class _Found:
    """What the first reading told: each frame's time in seconds, the displayed size, and what covers faces."""

    times: list[float]
    size: tuple[int, int]
    tracks: list[Track]


def blur_video(
    source: BinaryIO, media_type: str, output: BinaryIO, name: Path, marks: list[Mark], finder: FaceFinder | None, *,
    audio: str, review: Review | None,
) -> Made:  # fmt: skip
    """Write the covered video to `output` in the kind that `name` ends in. `audio`: keep, remove, lower or higher."""
    if name.suffix.lower() not in KINDS:
        raise WrongUse("a video cannot be written under this ending", f"name it with one of: {', '.join(KINDS)}")
    container, encoder, options = KINDS[name.suffix.lower()]
    try:
        found = _find(source, media_type, marks, finder)
        source.seek(0)
        with (
            _opened(source, media_type) as movie,
            av.open(output, "w", format=container, options={"fflags": "+bitexact"}) as made,
        ):
            sound = Sound(movie, made, audio)
            _cover(movie, made, found, marks, sound, (encoder, options), review)
    except av.FFmpegError:
        raise CheckFailed(
            "the video cannot be read to its end, or not be written in this kind",
            f"see whether it plays to its end; {_REPACK}",
        ) from None
    return Made(found.size, "solid", sound.done, tuple(_covered(found, marks)), finder.detector if finder else None)


def _opened(source: BinaryIO, media_type: str) -> InputContainer:
    """Only the reader of this kind of file, so that none follows a playlist to other files."""
    return av.open(source, "r", format=_READ.get(media_type.partition("/")[2], "mov"), metadata_errors="ignore")


def _frames(movie: InputContainer, video: VideoStream) -> Iterator[VideoFrame]:
    for frame in movie.decode(video):
        if frame.width * frame.height > _MOST_PIXELS:
            raise CheckFailed("the video has more pixels than are read", "make it smaller in a video editor")
        yield frame


def _video(movie: InputContainer) -> VideoStream:
    """The moving picture; the first that is no cover picture."""
    for stream in movie.streams.video:
        if not stream.disposition & stream.disposition.attached_pic:
            stream.thread_type = "AUTO"
            return stream
    raise CheckFailed("the file has no moving picture", "sound alone cannot be covered: edit it in a sound editor")


def _seconds(frame: VideoFrame) -> float:
    if frame.pts is None or frame.time_base is None:
        raise CheckFailed("a frame of the video has no time", "repair the video in a video editor")
    return float(frame.pts * frame.time_base)


def _find(source: BinaryIO, media_type: str, marks: list[Mark], finder: FaceFinder | None) -> _Found:
    times: list[float] = []
    faces: list[list[Box]] = []
    size = (0, 0)
    with _opened(source, media_type) as movie:
        video = _video(movie)
        with Progress(video.frames or None, "finding faces", unit="frame") as progress:
            for frame in _frames(movie, video):
                upright = _size(frame)
                if times and upright != size:
                    raise CheckFailed("the picture changes its size on the way", "cut the video where it changes")
                size = upright
                times.append(_seconds(frame))
                faces.append([] if finder is None else finder.find(_upright(_rgb(frame), frame)))
                progress.update(1)
    if not times:
        raise CheckFailed("the video has no frame that can be decoded", "see whether it plays")
    require_inside(marks, *size)
    first = times[0]
    times = [time - first for time in times]
    return _Found(times, size, tracks(faces, times))


def _cover(
    movie: InputContainer, made: OutputContainer, found: _Found, marks: list[Mark], sound: Sound,
    encoding: tuple[str, dict[str, str]], review: Review | None,
) -> None:  # fmt: skip
    video = _video(movie)
    writer = _Writer(made, video, found.size, encoding)
    samples = {round(each * (len(found.times) - 1) / max(1, CELLS - 1)) for each in range(CELLS)} if review else set()
    number = 0
    with Progress(len(found.times), "covering", unit="frame") as progress:
        for packet in movie.demux([video, *sound.streams]):
            if packet.stream is not video:
                sound.take(packet)
                continue
            for frame in packet.decode():
                if not isinstance(frame, VideoFrame) or number == len(found.times) or _size(frame) != found.size:
                    raise CheckFailed("the video reads differently the second time", "copy it first, then try again")
                boxes = _boxes(found, marks, number)
                picture = writer.write(frame, [box for _, box in boxes])
                if review is not None and number in samples:
                    review.add(f"{found.times[number]:.2f} s", outlined(picture, boxes))
                number += 1
                progress.update(1)
    writer.finish()
    sound.finish()
    if number != len(found.times):
        raise CheckFailed("the video reads differently the second time", "copy it first, then try again")


def _boxes(found: _Found, marks: list[Mark], number: int) -> list[tuple[str, Box]]:
    faces = [("face", track.boxes[number].clipped(*found.size)) for track in found.tracks if number in track.boxes]
    return faces + [("marked", mark.box.clipped(*found.size)) for mark in marks if mark.at(found.times[number])]


class _Writer:
    """The new video track: frames are covered and encoded with their own times, and tell nothing of the encoder."""

    def __init__(
        self, made: OutputContainer, video: VideoStream, size: tuple[int, int], encoding: tuple[str, dict[str, str]]
    ) -> None:
        self._made = made
        stream = made.add_stream(encoding[0], rate=video.average_rate or 30, options=encoding[1])
        if not isinstance(stream, VideoStream):
            raise TypeError("the encoder is none for pictures")
        self._stream = stream
        context = self._stream.codec_context
        context.width, context.height = (side + side % 2 for side in size)
        context.pix_fmt = "yuv420p"
        if video.time_base is not None:
            context.time_base = video.time_base
        context.thread_type = "AUTO"
        source = video.codec_context
        context.color_range, context.colorspace = source.color_range, source.colorspace
        context.color_primaries, context.color_trc = source.color_primaries, source.color_trc
        context.open()  # before the first packet: the new file's header holds the encoder's settings
        # NAL units of type 6 hold the encoder's name and settings.
        h264 = encoding[0] == "libx264"
        self._filter = BitStreamFilterContext("filter_units=remove_types=6", self._stream) if h264 else None

    def write(self, frame: VideoFrame, boxes: list[Box]) -> Image.Image:
        """Cover and encode one frame; the picture as it was encoded is returned, for the review."""
        planes = _planes(frame)
        fill_planes(*planes, boxes)
        covered = _frame(planes)
        covered.pts, covered.time_base = frame.pts, frame.time_base
        covered.color_range, covered.colorspace = frame.color_range, frame.colorspace
        for packet in self._stream.encode(covered):
            self._mux(packet)
        return Image.fromarray(_rgb(covered))

    def finish(self) -> None:
        """What the encoder still holds."""
        for packet in self._stream.encode(None):
            self._mux(packet)

    def _mux(self, packet: "Packet[Any]") -> None:
        for each in self._filter.filter(packet) if self._filter else [packet]:
            each.stream = self._stream
            self._made.mux(each)


def _rgb(frame: VideoFrame) -> Pixels:
    return frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def _size(frame: VideoFrame) -> tuple[int, int]:
    return (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)


def _upright(plane: Pixels, frame: VideoFrame) -> Pixels:
    """As it is displayed: the container says by how many quarter turns, anticlockwise."""
    if frame.rotation % 90:
        raise CheckFailed("the video is displayed at an angle", "turn it upright in a video editor")
    return np.ascontiguousarray(np.rot90(plane, frame.rotation // 90 % 4))


def _planes(frame: VideoFrame) -> tuple[Pixels, Pixels, Pixels]:
    """Upright 4:2:0 planes with even sides; an odd side gets its last line twice."""
    flat = frame.reformat(format="yuv420p")
    luma, blue, red = (_plane(plane) for plane in flat.planes)
    luma, blue, red = (_upright(plane, frame) for plane in (luma, blue, red))
    luma = np.pad(luma, ((0, luma.shape[0] % 2), (0, luma.shape[1] % 2)), mode="edge")
    return luma, blue, red


def _plane(plane: VideoPlane) -> Pixels:
    lines = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: plane.height, : plane.width].copy()


def _frame(planes: tuple[Pixels, Pixels, Pixels]) -> VideoFrame:
    frame = VideoFrame(planes[0].shape[1], planes[0].shape[0], "yuv420p")
    for plane, pixels in zip(frame.planes, planes, strict=True):
        lines = np.zeros((plane.height, plane.line_size), np.uint8)
        lines[:, : plane.width] = pixels
        plane.update(lines.tobytes())
    return frame


def _covered(found: _Found, marks: list[Mark]) -> Iterator[Covered]:
    end = round(found.times[-1] * 1000)
    for track in found.tracks:
        frames = list(track.boxes)
        span = (round(found.times[frames[0]] * 1000), round(found.times[frames[-1]] * 1000))
        yield Covered("face", around(track.boxes.values()).clipped(*found.size), span)
    for mark in marks:
        span = (0, end) if mark.span is None else (round(mark.span[0] * 1000), round(mark.span[1] * 1000))
        yield Covered("marked", mark.box.clipped(*found.size), span)
