"""What the store keeps of a case so that its source can come back: the verifier of the receipt, which opens nothing."""

from typing import Final

from evidence.canonical import decode
from evidence.errors import EvidenceError
from evidence.fields import Fields
from vault.errors import NotFound
from vault.store.protocol import Store

FORMAT: Final = "amparo/stored-case/1"
_LIMIT: Final = 4096  # bytes


def case_key(case: str) -> str:
    """Where the store keeps it."""
    return f"cases/{case}/case.json"


def stored_verifier(store: Store, case: str) -> bytes | None:
    """The receipt verifier of a case (32 bytes), or None when the store has none, or another case's."""
    try:
        fields = Fields(decode(store.read(case_key(case), _LIMIT)), "stored case")
        fields.format(FORMAT)
        verifier = fields.hexadecimal("receipt_verifier", 32)
        return verifier if fields.text("case", 16) == case else None
    except (NotFound, EvidenceError):
        return None
