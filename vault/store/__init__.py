"""Where sealed objects rest: bytes under keys, on a disk or in any S3 store.

Effects only, no rules: what is stored, and whether it may be, is decided above. Nothing here sees plaintext.
Imports `vault.errors` and nothing else of ours; only this package imports `s3`, everybody else takes a `Store`.
Start at `protocol` (what every store promises); `locate` opens the store that the settings name.
"""
