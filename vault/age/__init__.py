"""The age v1 file format, whole (c2sp.org/age): its key types, header, payload and armor.

Nothing of Amparo is in here, and nothing here touches a file, the network, a clock or a log. File keys and nonces are
arguments; only ephemeral keys are made here, by the cryptography library.
`recipients` wraps and `identities` unwraps: apart, because what serves may seal but never open. Imports nothing
of ours.
Start at `header`, then `stream`; `files` does both for a small file.
"""
