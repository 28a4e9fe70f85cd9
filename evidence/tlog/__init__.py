"""The transparency log's public formats, each whole: RFC 6962 and RFC 9162, and C2SP's tlog family.

Nothing of Amparo is in here; every module implements the specification that it names.
Pure: text and bytes in, a typed result or an error out. May import `evidence.errors` and nothing else of ours.
Start at `merkle`; `note` carries `checkpoint` carries `cosignature`; `tiles` is the log at rest,
`proof` one entry of it.
"""
