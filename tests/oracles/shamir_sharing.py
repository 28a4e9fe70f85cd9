"""Two other implementations of Shamir's scheme, HashiCorp's format: pyshamir (Python), shamir-secret-sharing (npm)."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pyshamir  # type: ignore[import-untyped]  # it comes without types

from tests.oracles import require

_NPM = Path(__file__).parent / "shamir"


def pyshamir_split(secret: bytes, threshold: int, count: int) -> list[bytes]:
    return [bytes(share) for share in pyshamir.split(secret, count, threshold)]


def pyshamir_combine(shares: Sequence[bytes]) -> bytes:
    return bytes(pyshamir.combine([bytearray(share) for share in shares]))


def npm_split(secret: bytes, threshold: int, count: int) -> list[bytes]:
    return [bytes.fromhex(line) for line in _npm("split", str(count), str(threshold), secret.hex())]


def npm_combine(shares: Sequence[bytes]) -> bytes:
    (line,) = _npm("combine", *(share.hex() for share in shares))
    return bytes.fromhex(line)


def _npm(*args: str) -> list[str]:
    require.folder(_NPM / "node_modules")
    command = [require.tool("node"), str(_NPM / "shamir.mjs"), *args]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
