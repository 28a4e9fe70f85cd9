"""The work itself: find numbers that make hashes begin with zero bits. Nothing but arithmetic, for both sides.

Many small puzzles in place of a large one: how many tries a puzzle takes is luck, and luck evens out over many, so
that nobody waits four times as long as another with the same phone.
"""

import hashlib
from typing import Final

PUZZLES: Final = 16
"""How many there are in one challenge."""


def solves(challenge: str, solution: str, bits: int) -> bool:
    """Whether SHA-256 of `challenge:i:n` begins with so many zero bits, each n of `n.n.…` at its place i."""
    numbers = solution.split(".")
    return len(numbers) == PUZZLES and all(
        _solves(challenge, puzzle, number, bits) for puzzle, number in enumerate(numbers)
    )


def solve(challenge: str, bits: int) -> str:
    """The solution: what a client does, PUZZLES * 2**bits hashes on average."""
    return ".".join(_solve(challenge, puzzle, bits) for puzzle in range(PUZZLES))


def _solves(challenge: str, puzzle: int, number: str, bits: int) -> bool:
    digest = hashlib.sha256(f"{challenge}:{puzzle}:{number}".encode()).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0


def _solve(challenge: str, puzzle: int, bits: int) -> str:
    number = 0
    while not _solves(challenge, puzzle, str(number), bits):
        number += 1
    return str(number)
