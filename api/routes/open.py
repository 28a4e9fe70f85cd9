"""What anyone may read: the public log (C2SP tlog-tiles) and whether the service is well."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.auth import TheVault
from api.problems import HttpProblem
from vault.errors import InvalidKey, NoSpace, NotFound
from vault.instance import Vault
from vault.quotas import require_space
from vault.witnesses import Standing

router: Final = APIRouter()
_TEXT: Final = "text/plain; charset=utf-8"
_SHORT: Final = "public, max-age=5"
_FOREVER: Final = "public, max-age=31536000, immutable"


@router.get("/log/checkpoint")
def checkpoint(vault: TheVault) -> Response:
    """The newest signed checkpoint."""
    try:
        note = vault.store.read("log/checkpoint")
    except NotFound:
        raise HttpProblem("not-found") from None
    return Response(note, media_type=_TEXT, headers={"Cache-Control": _SHORT})


@router.get("/log/tile/{path:path}")
def tile(path: str, vault: TheVault) -> Response:
    """A tile or entry bundle; these never change."""
    try:
        data = vault.store.read(f"log/tile/{path}")
    except (NotFound, InvalidKey):
        raise HttpProblem("not-found") from None
    return Response(data, media_type="application/octet-stream", headers={"Cache-Control": _FOREVER})


@router.get("/log/timestamps/{path:path}")
def timestamp(path: str, vault: TheVault) -> Response:
    """A checkpoint that authorities stamped, their replies (RFC 3161) and certificates."""
    try:
        data = vault.store.read(f"log/timestamps/{path}")
    except (NotFound, InvalidKey):
        raise HttpProblem("not-found") from None
    kind = {"tsr": "application/timestamp-reply", "pem": "application/x-pem-file"}.get(path.rpartition(".")[2], _TEXT)
    return Response(data, media_type=kind, headers={"Cache-Control": _SHORT})


@router.get("/health")
def health(vault: TheVault) -> JSONResponse:
    """Whether the vault can keep and confirm things, whether it takes uploads, and how its log witnesses stand to it.

    503 when nothing can be confirmed. An alarm among the witnesses is for people to look into; the vault goes on taking
    in evidence. Without room for uploads it goes on serving custodians and partners.
    """
    well = not vault.sequencer.failing and vault.store.exists("log/checkpoint")
    status = {
        "status": "ok" if well else "the custody log does not move",
        "uploads": _uploads(vault),
        "clock": vault.clock.synchronised(),
        "witnesses": vault.witnesses.standings(),
        "alarm": bool(vault.sequencer.alarmed() or vault.witnesses.named(Standing.ALARM)),
    }
    return JSONResponse(status, 200 if well else 503, headers={"Cache-Control": "no-store"})


def _uploads(vault: Vault) -> str:
    try:
        require_space(vault)
    except NoSpace:
        return "refused: the disk is nearly full"
    return "taken"
