"""The top level of a file of boxes, whatever is in them: films and still pictures have it in common."""

from redaction.containers.isobmff_boxes import Box, Search
from redaction.containers.isobmff_names import TOP_KNOWN
from redaction.errors import MalformedMedia


def top_level(search: Search) -> tuple[list[Box], int]:
    """The boxes of the file and where they end; what follows is no box.

    A box of a known type that passes the end means that the file was cut: MalformedMedia.
    """
    boxes: list[Box] = []
    start, size = 0, search.reader.size
    while start < size:
        head = search.reader.read(start, 8)
        known = head[4:8] in TOP_KNOWN
        if len(head) < 8 or (head[:4] == bytes(4) and not known):
            break
        try:
            boxes.append(search.box(start, size))
        except MalformedMedia:
            if known or not boxes:
                raise
            break
        start = boxes[-1].end
    return boxes, start
