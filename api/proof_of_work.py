"""The work itself: find a number that makes a hash begin with zero bits. Nothing but arithmetic, for both sides."""

import hashlib


def solves(challenge: str, nonce: str, bits: int) -> bool:
    """Whether SHA-256 of `challenge:nonce` begins with so many zero bits."""
    digest = hashlib.sha256(f"{challenge}:{nonce}".encode()).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0


def solve(challenge: str, bits: int) -> str:
    """The nonce: what a client does, 2**bits hashes on average."""
    nonce = 0
    while not solves(challenge, str(nonce), bits):
        nonce += 1
    return str(nonce)
