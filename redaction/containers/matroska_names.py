"""Which elements are understood (RFC 9559, its registry of element IDs). An allow-list: all else becomes a Void."""

from typing import Final

EBML: Final = 0x1A45DFA3
SEGMENT: Final = 0x18538067
SEEK_HEAD: Final = 0x114D9B74
INFO: Final = 0x1549A966
TRACKS: Final = 0x1654AE6B
CUES: Final = 0x1C53BB6B
CLUSTER: Final = 0x1F43B675
ATTACHMENTS: Final = 0x1941A469
CHAPTERS: Final = 0x1043A770
TAGS: Final = 0x1254C367
TOP: Final = frozenset({SEEK_HEAD, INFO, TRACKS, CUES, CLUSTER, ATTACHMENTS, CHAPTERS, TAGS, EBML, SEGMENT})
"""What ends a cluster of unknown size."""

DOC_TYPE: Final = 0x4282
MAX_ID_LENGTH: Final = 0x42F2
TRACK_ENTRY: Final = 0xAE
TRACK_NUMBER: Final = 0xD7
TRACK_TYPE: Final = 0x83
CODEC_ID: Final = 0x86
CODEC_PRIVATE: Final = 0x63A2
VIDEO: Final = 0xE0
ALPHA_MODE: Final = 0x53C0
CONTENT_ENCODINGS: Final = 0x6D80
LANGUAGE: Final = 0x22B59C
ATTACHED_FILE: Final = 0x61A7
FILE_DATA: Final = 0x465C
FILE_NAME: Final = 0x466E
FILE_UID: Final = 0x46AE
FILE_MEDIA_TYPE: Final = 0x4660
TAG: Final = 0x7373
SIMPLE_TAG: Final = 0x67C8
TAG_NAME: Final = 0x45A3
CUE_POINT: Final = 0xBB
CUE_POSITIONS: Final = 0xB7
CUE_TRACK: Final = 0xF7
SIMPLE_BLOCK: Final = 0xA3
BLOCK_GROUP: Final = 0xA0
BLOCK: Final = 0xA1
BLOCK_ADDITIONS: Final = 0x75A1
BLOCK_MORE: Final = 0xA6
BLOCK_ADD_ID: Final = 0xEE

_INSIDE: Final = 0
_EMPTIED: Final = -1
_NUMBER: Final = 8
MASTER, EMPTIED = _INSIDE, _EMPTIED

_NUMBERS_OF_TRACK: Final = (
    *(TRACK_NUMBER, 0x73C5, TRACK_TYPE, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x234E7A, 0x23314F, 0x55EE),
    *(0xAA, 0x6FAB, 0x56AA, 0x56BB, 0x537F, 0x55AB, 0x55AC, 0x55AD, 0x55AE, 0x55AF),
)
_NUMBERS_OF_VIDEO: Final = (
    *(0x9A, 0x9D, 0x53B8, ALPHA_MODE, 0x53B9, 0xB0, 0xBA, 0x54AA, 0x54BB, 0x54CC, 0x54DD, 0x54B0, 0x54BA, 0x54B2),
    *(0x54B3, 0x2EB524, 0x2FB523, 0x2383E3),
)

ALLOWED: Final[dict[int, dict[int, int]]] = {
    EBML: dict.fromkeys((0x4286, 0x42F7, MAX_ID_LENGTH, 0x42F3, 0x4287, 0x4285), _NUMBER) | {DOC_TYPE: 16},
    SEEK_HEAD: {0x4DBB: _INSIDE},
    0x4DBB: {0x53AB: 4, 0x53AC: _NUMBER},
    INFO: {0x2AD7B1: _NUMBER, 0x4489: _NUMBER, 0x4461: _NUMBER, 0x4D80: _EMPTIED, 0x5741: _EMPTIED},
    TRACKS: {TRACK_ENTRY: _INSIDE},
    TRACK_ENTRY: dict.fromkeys(_NUMBERS_OF_TRACK, _NUMBER)
    | {CODEC_ID: 32, CODEC_PRIVATE: 1 << 24, VIDEO: _INSIDE, 0xE1: _INSIDE, CONTENT_ENCODINGS: _INSIDE}
    | {LANGUAGE: 4, 0x41E4: _INSIDE},
    0x41E4: {0x41F0: _NUMBER, 0x41A4: _EMPTIED, 0x41E7: _NUMBER, 0x41ED: 64},
    VIDEO: dict.fromkeys(_NUMBERS_OF_VIDEO, _NUMBER) | {0x55B0: _INSIDE, 0x7670: _INSIDE},
    0x55B0: dict.fromkeys(range(0x55B1, 0x55BE), _NUMBER) | {0x55D0: _INSIDE},
    0x55D0: dict.fromkeys(range(0x55D1, 0x55DB), _NUMBER),
    0x7670: dict.fromkeys((0x7671, 0x7673, 0x7674, 0x7675), _NUMBER) | {0x7672: 64},
    0xE1: dict.fromkeys((0xB5, 0x78B5, 0x9F, 0x6264, 0x52F1), _NUMBER),
    CONTENT_ENCODINGS: {0x6240: _INSIDE},
    0x6240: dict.fromkeys((0x5031, 0x5032, 0x5033), _NUMBER) | {0x5034: _INSIDE, 0x5035: _INSIDE},
    0x5034: {0x4254: _NUMBER, 0x4255: 64},
    0x5035: {0x47E1: _NUMBER, 0x47E2: 64, 0x47E7: _INSIDE},
    0x47E7: {0x47E8: _NUMBER},
    CUES: {CUE_POINT: _INSIDE},
    CUE_POINT: {0xB3: _NUMBER, CUE_POSITIONS: _INSIDE},
    CUE_POSITIONS: dict.fromkeys((CUE_TRACK, 0xF1, 0xF0, 0xB2, 0x5378, 0xEA), _NUMBER) | {0xDB: _INSIDE},
    0xDB: dict.fromkeys((0x96, 0x97, 0x535F, 0xEB), _NUMBER),
    TAGS: {},
    ATTACHMENTS: {ATTACHED_FILE: _INSIDE},
    ATTACHED_FILE: {FILE_UID: _NUMBER, FILE_NAME: _EMPTIED, FILE_MEDIA_TYPE: 32, FILE_DATA: 1 << 56},
    CHAPTERS: {},
    CLUSTER: dict.fromkeys((0xE7, 0xA7, 0xAB), _NUMBER),
    BLOCK_GROUP: dict.fromkeys((0x9B, 0xFA, 0xFB, 0xFD, 0x75A2), _NUMBER) | {BLOCK: 1 << 56},
}
"""By master: the elements in it that stay, with the most bytes that their data may have.

`MASTER` are looked into, `EMPTIED` must be there but say nothing that may stay.
"""

NAMES: Final = {
    0x7BA9: "title",
    0x73A4: "segmentuid",
    0x7384: "segment-filename",
    0x3CB923: "segmentuid",
    0x3EB923: "segmentuid",
    0x4444: "segmentuid",
    0x3C83AB: "segment-filename",
    0x3E83BB: "segment-filename",
    0x4D80: "muxingapp",
    0x5741: "writingapp",
    0x536E: "track-name",
    LANGUAGE: "language",
    0x22B59D: "language",
    0x258688: "encoder",
    0x3A9697: "encoder",
    0x45B9: "chapters",
    FILE_NAME: "attachment/name",
    FILE_UID: "attachment/id",
    0x467E: "attachment/description",
    FILE_MEDIA_TYPE: "attachment/type",
}
"""What elements that go are called; any other is `unknown`."""

TAG_NAMES: Final = {
    **dict.fromkeys(("LOCATION", "LOCATION-ENG", "RECORDING_LOCATION", "COMPOSITION_LOCATION"), "location"),
    **dict.fromkeys(("COM.APPLE.QUICKTIME.LOCATION.ISO6709",), "location"),
    **dict.fromkeys(("ENCODER", "ENCODER_SETTINGS", "ENCODED_BY"), "encoder"),
    **dict.fromkeys(("TITLE", "SUBTITLE"), "title"),
    **dict.fromkeys(("ARTIST", "DIRECTOR", "PRODUCER", "COPYRIGHT"), "artist"),
    **dict.fromkeys(("COMMENT", "DESCRIPTION", "SYNOPSIS", "SUMMARY"), "comment"),
    **dict.fromkeys(("DURATION", "BPS", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES"), "statistics"),
}
"""What tags (RFC 9559 section 5.1.8; the tag registry) are called; any other is a `tag`."""

TRACK_TYPES: Final = {1: "video", 2: "audio", 3: "complex", 0x10: "logo", 0x11: "subtitle", 0x12: "buttons"} | {
    0x20: "control",
    0x21: "metadata",
}
"""Track types (RFC 9559 section 5.1.4.1.3), as withheld tracks are named."""
