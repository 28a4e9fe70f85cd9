"""Caps on what hostile media may cost. Every parser checks its counts and lengths against these."""

from typing import Final

HEAD_BYTES: Final = 64
"""Bytes a container's `matches` may look at."""

DEPTH: Final = 6
"""Levels of media inside media (a video in a photo in a video); deeper embedded media is blanked whole."""

NODES: Final = 200_000
"""Boxes, segments, directory entries and records visited in one walk, all levels together."""

FINDINGS: Final = 100_000
"""Findings in one plan. A file with more is kept whole as `unstripped`."""

METADATA_BYTES: Final = 64 * 1024 * 1024
"""Bytes of one metadata block that may be held in memory at once."""

HEX_FILLER_BYTES: Final = 64
"""Longest structure filler (docs/formats.md): too short to smuggle anything in."""
