"""OpenSSL's command line as a second opinion on signatures."""

import subprocess
from pathlib import Path

from tests.oracles import require

# RFC 8410: SubjectPublicKeyInfo of an Ed25519 key is this head and the 32 bytes.
_SPKI_HEAD = bytes.fromhex("302a300506032b6570032100")


def verifies_ed25519(folder: Path, public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `openssl pkeyutl` accepts an Ed25519 signature (RFC 8032); `folder` is for its files."""
    openssl = require.tool("openssl")
    key, text, blob = folder / "key.der", folder / "message", folder / "signature"
    key.write_bytes(_SPKI_HEAD + public_key)
    text.write_bytes(message)
    blob.write_bytes(signature)
    command: list[str | Path] = [openssl, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key]
    done = subprocess.run([*command, "-rawin", "-in", text, "-sigfile", blob], check=False, capture_output=True)
    return done.returncode == 0
