"""Who may use which address: the one table. A route that is not in it cannot be registered (see `app`).

`ANYONE` needs nothing; a source shows its receipt; the other roles sign each request (RFC 9421).
"""

from enum import StrEnum
from typing import Final

from evidence.event import Role


class Pass(StrEnum):
    """What a request must show."""

    ANYONE = "anyone"
    RECEIPT = "receipt"
    PARTNER = Role.PARTNER.value
    CUSTODIAN = Role.CUSTODIAN.value
    AUDITOR = Role.AUDITOR.value


ACCESS: Final[dict[tuple[str, str], frozenset[Pass]]] = {
    ("GET", "/"): frozenset({Pass.ANYONE}),
    ("GET", "/help"): frozenset({Pass.ANYONE}),
    ("GET", "/leave"): frozenset({Pass.ANYONE}),
    ("GET", "/manifest.webmanifest"): frozenset({Pass.ANYONE}),
    ("GET", "/icons/{name}"): frozenset({Pass.ANYONE}),
    ("GET", "/static/{name}"): frozenset({Pass.ANYONE}),
    ("POST", "/report"): frozenset({Pass.ANYONE}),
    ("GET", "/receipt"): frozenset({Pass.ANYONE}),
    ("POST", "/receipt"): frozenset({Pass.RECEIPT}),
    ("POST", "/receipt/contents"): frozenset({Pass.RECEIPT}),
    ("POST", "/receipt/withdrawal"): frozenset({Pass.ANYONE}),
    ("POST", "/receipt/withdraw"): frozenset({Pass.RECEIPT}),
    ("GET", "/api/receipt"): frozenset({Pass.RECEIPT}),
    ("POST", "/api/receipt/withdraw"): frozenset({Pass.RECEIPT}),
    ("POST", "/receipt/consent"): frozenset({Pass.RECEIPT}),
    ("POST", "/api/receipt/consent"): frozenset({Pass.RECEIPT}),
    ("POST", "/api/cases"): frozenset({Pass.ANYONE}),
    ("OPTIONS", "/uploads"): frozenset({Pass.ANYONE}),
    ("POST", "/uploads"): frozenset({Pass.RECEIPT}),
    ("OPTIONS", "/uploads/{upload}"): frozenset({Pass.ANYONE}),
    ("HEAD", "/uploads/{upload}"): frozenset({Pass.RECEIPT}),
    ("PATCH", "/uploads/{upload}"): frozenset({Pass.RECEIPT}),
    ("POST", "/uploads/{upload}"): frozenset({Pass.RECEIPT}),
    ("DELETE", "/uploads/{upload}"): frozenset({Pass.RECEIPT}),
    ("GET", "/health"): frozenset({Pass.ANYONE}),
    ("GET", "/log"): frozenset({Pass.ANYONE}),
    ("GET", "/log/proof/{index}"): frozenset({Pass.ANYONE}),
    ("GET", "/log/checkpoint"): frozenset({Pass.ANYONE}),
    ("GET", "/log/tile/{path:path}"): frozenset({Pass.ANYONE}),
    ("GET", "/log/timestamps/{path:path}"): frozenset({Pass.ANYONE}),
    ("POST", "/api/partner/requests"): frozenset({Pass.PARTNER}),
    ("GET", "/api/partner/requests"): frozenset({Pass.PARTNER}),
    ("GET", "/api/partner/requests/{request}/release"): frozenset({Pass.PARTNER}),
    ("GET", "/api/partner/requests/{request}/content"): frozenset({Pass.PARTNER}),
    ("GET", "/api/custodian/people"): frozenset({Pass.CUSTODIAN}),
    ("POST", "/api/custodian/people"): frozenset({Pass.CUSTODIAN}),
    ("POST", "/api/custodian/revocations"): frozenset({Pass.CUSTODIAN}),
    ("GET", "/api/custodian/requests"): frozenset({Pass.CUSTODIAN}),
    ("GET", "/api/custodian/requests/{request}"): frozenset({Pass.CUSTODIAN}),
    ("POST", "/api/custodian/requests/{request}/approval"): frozenset({Pass.CUSTODIAN}),
    ("POST", "/api/custodian/requests/{request}/denial"): frozenset({Pass.CUSTODIAN}),
    ("GET", "/api/custodian/cases/{case}"): frozenset({Pass.CUSTODIAN}),
    ("GET", "/api/custodian/cases/{case}/objects/{key:path}"): frozenset({Pass.CUSTODIAN}),
    ("GET", "/api/audit/events"): frozenset({Pass.AUDITOR, Pass.CUSTODIAN}),
}
