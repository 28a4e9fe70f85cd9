"""One module per metadata format: it finds location and identity inside a box that a container handed over.

Each finder takes a reader over the box's bytes and yields findings as offsets into that reader.
Pure, like all of `redaction`. Start at `exif`.
"""
