"""The sound of a video: copied packet by packet, left out, or shifted in pitch."""

from typing import Any, Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.packet import Packet

from api.cli.failures import CheckFailed

_FACTORS: Final = {"lower": 0.8, "higher": 1.25}  # of every frequency: about four semitones
_ENCODERS: Final = {"webm": "libopus", "matroska": "aac"}


class Sound:
    """Takes the packets of every sound track; `done` says what became of them: none, kept, removed, lower, higher."""

    def __init__(self, movie: InputContainer, made: OutputContainer, audio: str) -> None:
        """`audio`: keep, remove, lower or higher."""
        self._made = made
        self.streams: list[AudioStream] = [] if audio == "remove" else list(movie.streams.audio)
        self.done = {"keep": "kept", "remove": "removed"}.get(audio, audio) if movie.streams.audio else "none"
        self._shifted: dict[int, _Shift] = {}
        self._copied: dict[int, AudioStream] = {}
        for stream in self.streams:
            if audio in _FACTORS:
                self._shifted[stream.index] = _Shift(stream, made, _FACTORS[audio])
                continue
            try:
                copy = made.add_stream_from_template(stream, opaque=True)
            except (ValueError, av.FFmpegError):
                raise CheckFailed(
                    "the sound does not fit into this kind of file",
                    "name OUT with .mkv, which takes every sound, or use --audio remove",
                ) from None
            self._copied[stream.index] = copy

    def take(self, packet: "Packet[Any]") -> None:
        """One packet of a sound track."""
        if packet.stream.index in self._shifted:
            self._shifted[packet.stream.index].take(packet)
        elif packet.dts is not None:
            packet.stream = self._copied[packet.stream.index]
            self._made.mux(packet)

    def finish(self) -> None:
        """What filters and encoders still hold."""
        for shift in self._shifted.values():
            shift.finish()


class _Shift:
    """One sound track, with every frequency multiplied and the length kept."""

    def __init__(self, stream: AudioStream, made: OutputContainer, factor: float) -> None:
        self._made = made
        self._rate = 48000
        encoded = made.add_stream(_ENCODERS.get(made.format.name, "aac"), rate=self._rate)
        if not isinstance(encoded, AudioStream):
            raise TypeError("the encoder is none for sound")
        self._stream = encoded
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        encoded.codec_context.layout = layout
        encoded.codec_context.open()  # before the first packet: the new file's header holds the encoder's settings
        self._graph = Graph()
        sample_format = self._stream.codec_context.format.name
        chain = [
            self._graph.add_abuffer(template=stream, time_base=stream.time_base),
            self._graph.add("aresample", str(self._rate)),
            self._graph.add("asetrate", str(round(self._rate * factor))),
            self._graph.add("aresample", str(self._rate)),
            self._graph.add("atempo", str(1 / factor)),
            self._graph.add(
                "aformat", f"sample_fmts={sample_format}:channel_layouts={layout}:sample_rates={self._rate}"
            ),
            self._graph.add("asetnsamples", f"n={self._stream.codec_context.frame_size or 1024}:p=0"),
            self._graph.add("abuffersink"),
        ]
        self._graph.link_nodes(*chain).configure()

    def take(self, packet: "Packet[Any]") -> None:
        for frame in packet.decode():
            if isinstance(frame, AudioFrame):
                self._graph.push(frame)
        self._drain()

    def finish(self) -> None:
        self._graph.push(None)
        self._drain()
        for packet in self._stream.encode(None):
            self._made.mux(packet)

    def _drain(self) -> None:
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            if not isinstance(frame, AudioFrame):
                raise TypeError("a filter of sound gave none")
            for packet in self._stream.encode(frame):
                self._made.mux(packet)
