"""A witness's keys: one secret file, from which an Ed25519 and an ML-DSA-44 cosigning key follow."""

import base64
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from evidence.tlog import mldsa_cosignature
from evidence.tlog.keys import SignatureType, VerifierKey, require_name
from evidence.tlog.note import Cosigner, Signature
from vault.errors import SettingsError
from vault.settings import read_secret
from vault.witness.cosigning import Cosigns

FILE: Final = "witness.key"
NAME_FILE: Final = "witness.name"
SECRET_BYTES: Final = 32


class MldsaCosigner:
    """Cosigns checkpoints with an ML-DSA-44 key under a name."""

    def __init__(self, name: str, private_key: MLDSA44PrivateKey) -> None:
        self._private_key = private_key
        public_key = private_key.public_key().public_bytes_raw()
        self.key = VerifierKey(name, SignatureType.MLDSA_COSIGNATURE, public_key)

    def cosign(self, text: str, timestamp: int) -> Signature:
        """The signature line for a checkpoint's text, seen at `timestamp` POSIX seconds."""
        blob = mldsa_cosignature.sign(self.key.name, self._private_key, text.encode("utf-8"), timestamp)
        return Signature(self.key.name, self.key.key_id, blob)


def create(folder: Path, name: str) -> None:
    """Write a new secret and the name; NoteError when it is no key name, FileExistsError when one is there."""
    require_name(name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(SECRET_BYTES)) + b"\n")
        file.flush()
        os.fsync(descriptor)
    (folder / NAME_FILE).write_text(f"{name}\n", "utf-8")


def load(folder: Path) -> Sequence[Cosigns]:
    """The keys of the witness in `folder`, Ed25519 first; SettingsError when there is none."""
    try:
        secret = base64.b64decode(read_secret(folder / FILE).strip(), validate=True)
        name = (folder / NAME_FILE).read_text("utf-8").strip()
    except (OSError, ValueError):
        raise SettingsError("there is no witness here; make one with: amparo witness DIR init NAME") from None
    if len(secret) != SECRET_BYTES:
        raise SettingsError(f"{FILE} is not a witness's key")
    classic = Ed25519PrivateKey.from_private_bytes(_derive(secret, b"amparo/witness/ed25519/v1"))
    lattice = MLDSA44PrivateKey.from_seed_bytes(_derive(secret, b"amparo/witness/ml-dsa-44/v1"))
    return Cosigner(name, classic), MldsaCosigner(name, lattice)


def _derive(secret: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=b"", info=info).derive(secret)
