"""What the store keeps of a case so that its source can come back: the verifier of the receipt, which opens nothing."""

import threading
from typing import Final

from evidence import receipt as receipts
from evidence.canonical import decode
from evidence.errors import EvidenceError
from evidence.fields import Fields
from evidence.ids import Receipt
from vault.errors import NotFound
from vault.store.protocol import Store

FORMAT: Final = "amparo/stored-case/1"
_LIMIT: Final = 4096  # bytes
_AT_ONCE: Final = threading.BoundedSemaphore(2)


def receipt_secret(receipt: Receipt, salt: bytes) -> bytes:
    """As `evidence.receipt.receipt_secret`; no more than two run at once, for each takes 32 MiB."""
    with _AT_ONCE:
        return receipts.receipt_secret(receipt, salt)


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
