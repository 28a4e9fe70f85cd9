"""What the store keeps of a case so that its source can come back: the verifier of the receipt, which opens nothing."""

import threading
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from evidence import receipt as receipts
from evidence.canonical import decode
from evidence.errors import EvidenceError
from evidence.fields import Fields
from evidence.ids import CaseNumber, Receipt
from vault.database import schema
from vault.errors import NotFound, UnknownReceipt
from vault.instance import Vault
from vault.store.protocol import Store

FORMAT: Final = "amparo/stored-case/1"
_LIMIT: Final = 4096  # bytes
_AT_ONCE: Final = threading.BoundedSemaphore(2)


def receipt_secret(receipt: Receipt, salt: bytes) -> bytes:
    """As `evidence.receipt.receipt_secret`; no more than two run at once, for each takes 32 MiB."""
    with _AT_ONCE:
        return receipts.receipt_secret(receipt, salt)


@dataclass(frozen=True, slots=True)
class KnownCase:
    """The case of a receipt, and what the database says of it."""

    case: CaseNumber
    secret: bytes
    state: str
    statements: int


def known_case(vault: Vault, receipt: Receipt) -> KnownCase:
    """The case of a receipt, whatever its state; UnknownReceipt when there is none."""
    secret = receipt_secret(receipt, vault.trust.receipt_salt)
    cases = schema.cases
    query = select(cases.c.case, cases.c.state, cases.c.statements).where(
        cases.c.receipt_verifier == receipts.verifier(secret)
    )
    with vault.database.reading() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise UnknownReceipt("no case has this receipt")
    return KnownCase(CaseNumber(row.case), secret, row.state, row.statements)


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
