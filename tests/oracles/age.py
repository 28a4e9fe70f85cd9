"""Three other implementations of age: the age program, pyrage (Rust) and typage (JavaScript)."""

import subprocess
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # its stubs are a separate package that nothing else needs
from pyrage import x25519

from tests.oracles import require

_TYPAGE = Path(__file__).parent / "typage"


def program_encrypt(plaintext: bytes, recipient: str) -> bytes:
    """`age -r`, X25519 only where age is older than 1.3."""
    return _run([require.tool("age"), "-r", recipient], plaintext)


def program_decrypt(data: bytes, identity_file: Path) -> bytes:
    """`age -d -i`."""
    return _run([require.tool("age"), "-d", "-i", str(identity_file)], data)


def program_keygen() -> str:
    """The identity file that `age-keygen` writes."""
    return _run([require.tool("age-keygen")], b"").decode()


def pyrage_encrypt(plaintext: bytes, recipient: str) -> bytes:
    return bytes(pyrage.encrypt(plaintext, [x25519.Recipient.from_str(recipient)]))


def pyrage_decrypt(data: bytes, identity: str) -> bytes:
    return bytes(pyrage.decrypt(data, [x25519.Identity.from_str(identity)]))


def typage_encrypt(plaintext: bytes, *recipients: str) -> bytes:
    return _typage("encrypt", *recipients, data=plaintext)


def typage_decrypt(data: bytes, identity: str) -> bytes:
    return _typage("decrypt", identity, data=data)


def typage_keygen(kind: str) -> tuple[str, str]:
    """A new identity of kind `x25519` or `hybrid`, and its recipient."""
    identity, recipient = _typage("keygen", kind, data=b"").decode().split()
    return identity, recipient


def _typage(*args: str, data: bytes) -> bytes:
    require.folder(_TYPAGE / "node_modules")
    return _run([require.tool("node"), str(_TYPAGE / "age.mjs"), *args], data)


def _run(command: list[str], data: bytes) -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout
