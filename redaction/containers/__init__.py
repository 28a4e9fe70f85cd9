"""One module per media container: it finds the boxes, segments and chunks in which metadata travels.

Each module has `matches(head)`, `media_type(reader)` and `find(reader, walk)`; `formats` lists them.
Pure, like all of `redaction`. Start at `formats`.
"""
