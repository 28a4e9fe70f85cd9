"""Proof of work: under a flood who sends something new first computes a little, so that junk costs its sender too.

No address is kept or asked for. A challenge says until when it holds and how many bits it asks for, and is bound by a
MAC to what it was asked for; nothing is remembered of it until it is solved, and a solution counts once. The key of the
MAC lies in the database, so that every process takes what another gave; who steals it can only flood.
"""

import base64
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool

from api.problems import HttpProblem
from api.proof_of_work import PUZZLES, solves
from vault.database import schema
from vault.instance import Vault

HEADER: Final = "amparo-work"
SECONDS: Final = 600
"""How long a challenge holds."""
BITS: Final = 13
"""The most that is asked for in each of the puzzles: 0.8 seconds at 155,000 hashes a second (docs/performance.md)."""
_KEY_NAME: Final = "work_key"
_KEEPER: Final = "work"  # under which spent challenges stand among the nonces
_HOUR: Final = 3600
_NUMBER: Final = r"(?:0|[1-9][0-9]{0,15})"
_SOLUTION: Final = re.compile(
    r"(([0-9]{1,12})\.([0-9]{1,2})\.([0-9a-f]{32})\.[A-Za-z0-9_-]{43})"
    rf":({_NUMBER}(?:\.{_NUMBER}){{{PUZZLES - 1}}})"
)


class WorkRequired(HttpProblem):
    """Work is asked for; `challenge` and `bits` go into the answer."""

    def __init__(self, challenge: str, bits: int) -> None:
        super().__init__("work-required", {"challenge": challenge, "bits": bits})


@dataclass(frozen=True, slots=True)
class Pressure:
    """How full something is, from 0 to 1, and what that asks for."""

    fill: float

    @property
    def bits(self) -> int:
        """Bits of work: none while there is plenty of room."""
        return next((bits for above, bits in ((0.75, BITS), (0.5, BITS - 2), (0.25, BITS - 4)) if self.fill > above), 0)


async def require_work(request: Request, vault: Vault, pressure: Pressure, *bound: str) -> None:
    """WorkRequired unless the pressure asks for none, or the request brings work that was done for this very purpose.

    `bound` is what the work is bound to, beside the method and the path.
    """
    solution = request.headers.get(HEADER)
    if not pressure.bits and solution is None:
        return
    purpose = "\n".join((request.method, request.url.path, *bound)).encode()
    await run_in_threadpool(_require, vault, purpose, pressure.bits, solution)


def _require(vault: Vault, purpose: bytes, bits: int, solution: str | None) -> None:
    key, now = _key(vault), int(time.time())
    found = None if solution is None else _SOLUTION.fullmatch(solution)
    if found is not None:
        challenge, expires, asked, salt, numbers = found.groups()
        genuine = hmac.compare_digest(challenge, _challenge(key, purpose, int(expires), int(asked), salt))
        if genuine and int(expires) >= now and solves(challenge, numbers, int(asked)) and _spend(vault, salt, now):
            return
    if bits:
        raise WorkRequired(_challenge(key, purpose, now + SECONDS, bits, secrets.token_hex(16)), bits)


def _challenge(key: bytes, purpose: bytes, expires: int, bits: int, salt: str) -> str:
    told = f"{expires}.{bits}.{salt}"
    mac = hmac.digest(key, told.encode() + b"\n" + purpose, "sha256")
    return f"{told}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def _spend(vault: Vault, salt: str, now: int) -> bool:
    """Whether this is the first time; times are kept to the hour."""
    nonces = schema.nonces
    until = (now + SECONDS) // _HOUR * _HOUR + _HOUR
    try:
        with vault.database.transaction() as connection:
            connection.execute(delete(nonces).where(nonces.c.key_id == _KEEPER, nonces.c.expires < now))
            connection.execute(insert(nonces).values(key_id=_KEEPER, nonce=salt, expires=until))
    except IntegrityError:
        return False
    return True


def _key(vault: Vault) -> bytes:
    """The key of the challenges, made when it is first needed."""
    meta = schema.meta
    query = select(meta.c.value).where(meta.c.name == _KEY_NAME)
    with vault.database.reading() as connection:
        value = connection.execute(query).scalar()
    if value is None:
        with vault.database.transaction() as connection:
            value = connection.execute(query).scalar()
            if value is None:
                value = secrets.token_hex(32)
                connection.execute(insert(meta).values(name=_KEY_NAME, value=value))
    return bytes.fromhex(value)
