"""What can be proved, and how to check it.

Exhibits, custody events and the rules they obey, the transparency log's formats, bundles, verification.
Pure, and complete for somebody who trusts only this folder and the libraries it names: keep it readable by an expert of
the other side.
Imports nothing of ours.
Start at `verify`; `tlog/` is public specifications, the rest is ours (docs/formats.md).
"""
