"""What follows a JPEG's end of image: further pictures, a motion photo's video, a phone maker's trailer, anything.

Videos and pictures are kept and searched like files of their own; the rest is blanked.
"""

from collections.abc import Iterator

from redaction.containers import trailing
from redaction.finding import Finding
from redaction.metadata import sef
from redaction.metadata.claims import Interval, merged, without
from redaction.reader import Reader
from redaction.walk import Walk


def find(reader: Reader, start: int, images: list[tuple[int, int]], walk: Walk) -> Iterator[Finding]:
    """Everything to withhold in `[start, reader.size)`.

    `images` are (offset, length) at which the file says that further pictures lie; those elsewhere are ignored.
    """
    taken: list[Interval] = []
    trailer = sef.trailer(reader, start, walk)
    end = reader.size
    if trailer is not None:
        end = trailer.directory
        for offset, length in (*trailer.headers, *trailer.values):
            taken.append((offset, offset + length))
        for offset, length in trailer.values:
            yield from trailing.find(reader, offset, walk, "jpeg/trailer/sef", offset + length)
    for offset, length in sorted(set(images)):
        inside = start <= offset and offset + length <= end and length
        if inside and without([(offset, offset + length)], merged(taken)) == [(offset, offset + length)]:
            taken.append((offset, offset + length))
            yield from walk.embedded(reader, offset, length, "jpeg/mpf-image")
    if start < end:
        for low, high in without([(start, end)], merged(taken)):
            yield from trailing.find(reader, low, walk, "jpeg/trailer", high)
