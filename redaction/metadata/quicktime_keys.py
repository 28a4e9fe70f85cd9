"""Names in the `keys` box of QuickTime and Android metadata (QuickTime File Format, "Metadata") and what to call them.

Only names of this list stay readable in a redacted file; only `KEPT` keep their values.
"""

from typing import Final

KEPT: Final = frozenset(
    {
        b"com.apple.quicktime.make",
        b"com.apple.quicktime.model",
        b"com.android.manufacturer",
        b"com.android.model",
        b"com.android.capture.fps",
    }
)
"""Make and model of the camera and the speed of a slow-motion recording: evidence, shared by thousands of people."""

_APPLE: Final = b"com.apple.quicktime."

WHAT: Final = {
    b"com.android.version": "software",
    b"com.android.video.temporal_layers_count": "item",
    b"com.android.capturer": "software",
    b"com.samsung.android.utc_offset": "zone",
    _APPLE + b"software": "software",
    _APPLE + b"creationdate": "creationdate",  # holds the local zone, a band of longitude
    _APPLE + b"content.identifier": "identifier",
    _APPLE + b"location.ISO6709": "location",
    _APPLE + b"location.accuracy.horizontal": "location",
    _APPLE + b"location.name": "location",
    _APPLE + b"location.body": "location",
    _APPLE + b"location.note": "location",
    _APPLE + b"location.role": "location",
    _APPLE + b"location.date": "location",
    _APPLE + b"author": "author",
    _APPLE + b"artist": "author",
    _APPLE + b"copyright": "author",
    _APPLE + b"director": "author",
    _APPLE + b"camera.identifier": "identifier",
    _APPLE + b"camera.owner": "author",
    _APPLE + b"comment": "text",
    _APPLE + b"description": "text",
    _APPLE + b"displayname": "text",
    _APPLE + b"keywords": "text",
    _APPLE + b"title": "text",
}
"""Known names whose values are withheld, with the last word of the finding's name."""
