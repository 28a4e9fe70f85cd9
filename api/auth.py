"""Who is asking: RFC 9421 signatures of enrolled people, and receipts of sources."""

import re
import secrets
import time
from dataclasses import dataclass
from typing import Annotated, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import Depends, Request
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool

from api.access import ACCESS, Pass
from api.limits import arriving
from api.problems import HttpProblem
from api.signatures import APPROVAL_LIMIT, BODY_LIMIT, COVERED, MAX_AGE, NONCE_BYTES, TAG, Message, message
from evidence.event import Role
from evidence.identity import PublicLine
from evidence.ids import Receipt, parse_receipt
from vault.database import schema
from vault.enrolment import person
from vault.instance import Vault

_SCHEME: Final = "receipt "
_NONCE_LIMIT: Final = 64  # characters
_KEY_ID: Final = re.compile(r';\s*keyid="([\x21\x23-\x5b\x5d-\x7e]{1,128})"')
_LONG_BODIES: Final = frozenset({"/api/custodian/requests/{request}/approval"})


@dataclass(frozen=True, slots=True)
class Caller:
    """An enrolled person whose signature covers this request, and the body that it covers."""

    line: PublicLine
    role: Role
    body: bytes


def vault_of(request: Request) -> Vault:
    """The vault that this service runs."""
    vault: Vault = request.app.state.vault
    return vault


async def signed_caller(request: Request) -> Caller:
    """The person who signed; HttpProblem `not-signed` or `not-allowed` otherwise."""
    signed = _message(request)
    if not await run_in_threadpool(_names_enrolled_key, request):
        raise HttpProblem("not-signed")  # before the body: a stranger's is not kept in memory
    limit = APPROVAL_LIMIT if request.scope["route"].path in _LONG_BODIES else BODY_LIMIT
    body = bytearray()
    async for chunk in arriving(request, limit):
        body += chunk
    return await run_in_threadpool(_caller, request, signed, bytes(body))


def receipt_of(request: Request) -> Receipt:
    """The receipt in `Authorization: Receipt <digits>`."""
    header = request.headers.get("authorization", "")
    if not header.lower().startswith(_SCHEME):
        raise HttpProblem("unknown-receipt")
    return parse_receipt(header[len(_SCHEME) :])


TheVault = Annotated[Vault, Depends(vault_of)]
Signed = Annotated[Caller, Depends(signed_caller)]
TheReceipt = Annotated[Receipt, Depends(receipt_of)]


class _Keys(HTTPSignatureKeyResolver):
    """Looks the key up among the enrolled, and remembers whose it was."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self.found: tuple[PublicLine, Role] | None = None

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        """The key of an enrolled person, or None."""
        self.found = person(self._vault, key_id)
        return None if self.found is None else self.found[0].verifying_key

    def resolve_private_key(self, key_id: str) -> Ed25519PublicKey:
        """Never: the service signs no requests."""
        raise KeyError(key_id)


def _message(request: Request) -> Message:
    """What the signature covers; HttpProblem when the address is none."""
    if not vault_of(request).settings.answers_to(request.headers.get("host", "")):
        raise HttpProblem("not-signed")
    path, query = (request.scope[part].decode("ascii", "replace") for part in ("raw_path", "query_string"))
    try:
        return message(request.method, request.headers.get("host", ""), path, query, request.headers)
    except ValueError:
        raise HttpProblem("malformed-request") from None


def _names_enrolled_key(request: Request) -> bool:
    named = _KEY_ID.findall(request.headers.get("signature-input", ""))
    return len(named) == 1 and person(vault_of(request), named[0]) is not None


def _caller(request: Request, signed: Message, body: bytes) -> Caller:
    vault = vault_of(request)
    keys = _Keys(vault)
    nonce = _verified_nonce(keys, signed, body)
    if keys.found is None:
        raise HttpProblem("not-signed")
    line, role = keys.found
    _use_nonce(vault, line.key_id, nonce)
    allowed = ACCESS[request.method, request.scope["route"].path]
    if Pass(role.value) not in allowed:
        raise HttpProblem("not-allowed")
    return Caller(line, role, body)


def _verified_nonce(keys: _Keys, signed: Message, body: bytes) -> str:
    verifier = HTTPMessageVerifier(signature_algorithm=ED25519, key_resolver=keys)
    try:
        results = verifier.verify(signed, max_age=MAX_AGE, expect_tag=TAG, require_components=COVERED, body=body)
    except (HTTPMessageSignaturesException, KeyError, ValueError):
        raise HttpProblem("not-signed") from None
    nonce = results[0].parameters.get("nonce")
    if len(results) != 1 or not isinstance(nonce, str) or not NONCE_BYTES <= len(nonce) <= _NONCE_LIMIT:
        raise HttpProblem("not-signed")
    return nonce


def _use_nonce(vault: Vault, key_id: str, nonce: str) -> None:
    """Each nonce counts once; they are kept as long as a signature could be replayed."""
    now, keep = int(time.time()), 2 * int(MAX_AGE.total_seconds()) + 60
    try:
        with vault.database.transaction() as connection:
            if secrets.randbelow(64) == 0:
                connection.execute(delete(schema.nonces).where(schema.nonces.c.expires < now))
            connection.execute(insert(schema.nonces).values(key_id=key_id, nonce=nonce, expires=now + keep))
    except IntegrityError:
        raise HttpProblem("not-signed") from None
