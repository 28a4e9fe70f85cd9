"""What can go wrong while planning a redaction.

RedactionError
├── UnsupportedMedia   the file is of no kind that this version accepts
└── MalformedMedia     the file cannot be parsed to its end, or exceeds a limit

No error holds a byte or a word of the input: `code` is a fixed word, `offset` a place in the file.
"""


class RedactionError(Exception):
    """Base of the errors of this package."""

    code = "redaction-error"


class UnsupportedMedia(RedactionError):
    """The first bytes belong to no container in `containers.formats`."""

    code = "unsupported-media"


class MalformedMedia(RedactionError):
    """The structure ends early, contradicts itself, or exceeds a cap of `limits`.

    `reason` is a fixed phrase of the parser, never taken from the input; `offset` is in bytes from the start of the
    reader that was being parsed, or None.
    """

    code = "malformed-media"

    def __init__(self, reason: str, offset: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset
